namespace Sparrow.Runtime.Tests.Models;

/// <summary>Log-softmax in double.</summary>
internal static class LogProbability
{
    public static double Of(ReadOnlySpan<float> logits, int token)
    {
        double maximum = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            maximum = Math.Max(maximum, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - maximum);
        }

        return logits[token] - maximum - Math.Log(sum);
    }

    public static int Best(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
