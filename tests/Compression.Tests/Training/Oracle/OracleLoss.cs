namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>The sum of cross entropies, and its gradient.</summary>
internal static class OracleLoss
{
    public static double Forward(double[] logits, IReadOnlyList<int> targets)
    {
        int width = logits.Length / targets.Count;
        double sum = 0;
        for (int token = 0; token < targets.Count; token++)
        {
            if (targets[token] >= 0)
            {
                double[] row = logits[(token * width)..((token + 1) * width)];
                sum += Math.Log(row.Sum(Math.Exp)) - row[targets[token]];
            }
        }

        return sum;
    }

    public static double[] Backward(double[] logits, IReadOnlyList<int> targets)
    {
        int width = logits.Length / targets.Count;
        double[] gradient = new double[logits.Length];
        for (int token = 0; token < targets.Count; token++)
        {
            double sum = logits[(token * width)..((token + 1) * width)].Sum(Math.Exp);
            for (int i = 0; i < width && targets[token] >= 0; i++)
            {
                int place = (token * width) + i;
                gradient[place] = (Math.Exp(logits[place]) / sum) - (i == targets[token] ? 1 : 0);
            }
        }

        return gradient;
    }
}
