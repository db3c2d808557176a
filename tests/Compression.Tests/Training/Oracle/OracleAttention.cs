namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>Causal attention of one sequence with grouped heads and maybe a window, and its gradients.</summary>
internal sealed record OracleAttention(int Heads, int KvHeads, int HeadSize, int Window)
{
    private double Scale => 1 / Math.Sqrt(HeadSize);

    public double[] Forward(double[] q, double[] k, double[] v)
    {
        double[] y = new double[q.Length];
        ForEachQuery(q, k, (head, i, p) =>
        {
            for (int d = 0; d < HeadSize; d++)
            {
                for (int j = 0; j <= i; j++)
                {
                    y[Query(i, head, d)] += p[j] * v[Key(j, head, d)];
                }
            }
        });
        return y;
    }

    public (double[] Dq, double[] Dk, double[] Dv) Backward(double[] dy, double[] q, double[] k, double[] v)
    {
        double[] dq = new double[q.Length];
        double[] dk = new double[k.Length];
        double[] dv = new double[v.Length];
        ForEachQuery(q, k, (head, i, p) =>
        {
            double[] dp = new double[i + 1];
            double mean = 0;
            for (int j = 0; j <= i; j++)
            {
                for (int d = 0; d < HeadSize; d++)
                {
                    dp[j] += dy[Query(i, head, d)] * v[Key(j, head, d)];
                    dv[Key(j, head, d)] += p[j] * dy[Query(i, head, d)];
                }

                mean += p[j] * dp[j];
            }

            for (int j = 0; j <= i; j++)
            {
                double ds = p[j] * (dp[j] - mean) * Scale;
                for (int d = 0; d < HeadSize; d++)
                {
                    dq[Query(i, head, d)] += ds * k[Key(j, head, d)];
                    dk[Key(j, head, d)] += ds * q[Query(i, head, d)];
                }
            }
        });
        return (dq, dk, dv);
    }

    private void ForEachQuery(double[] q, double[] k, Action<int, int, double[]> visit)
    {
        int tokens = q.Length / (Heads * HeadSize);
        for (int head = 0; head < Heads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                double[] p = new double[i + 1];
                double sum = 0;
                for (int j = Math.Max(0, i - Window + 1); j <= i; j++)
                {
                    double score = 0;
                    for (int d = 0; d < HeadSize; d++)
                    {
                        score += q[Query(i, head, d)] * k[Key(j, head, d)];
                    }

                    sum += p[j] = Math.Exp(score * Scale);
                }

                visit(head, i, [.. p.Select(value => value / sum)]);
            }
        }
    }

    private int Query(int token, int head, int d) => (((token * Heads) + head) * HeadSize) + d;

    private int Key(int token, int head, int d) => (((token * KvHeads) + (head / (Heads / KvHeads))) * HeadSize) + d;
}
