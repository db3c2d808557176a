using Sparrow.Compression.Allocation;

namespace Sparrow.Compression.Adaptation;

/// <summary>How LoSA (arXiv 2502.14816) raises sparsity and ranks from round to round. Rounds count from 1.</summary>
public static class LosaSchedule
{
    /// <summary>S − S·(1 − t/T)³: most of the weights go in the first rounds, where the adapter has the rest of the run to make up for them.</summary>
    public static double Target(double sparsity, int round, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(round, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(round, rounds);
        double left = 1 - ((double)round / rounds);
        return sparsity - (sparsity * left * left * left);
    }

    /// <summary>
    /// How far blocks may be from each round's target. The published table ends at 0.7; above it, the round before decides, and where there is none the
    /// table's last value.
    /// </summary>
    public static double[] Ranges(double sparsity, int rounds)
    {
        double[] ranges = new double[rounds];
        for (int round = 1; round <= rounds; round++)
        {
            double target = Target(sparsity, round, rounds);
            ranges[round - 1] = target > 0.7 && round > 1 ? ranges[round - 2] : RmiAllocation.Range(target);
        }

        return ranges;
    }

    /// <summary>The mean rank of a round: one more each round, up to that of the last.</summary>
    public static int MeanRank(int last, int round, int rounds) => Math.Max(1, last - (rounds - round));
}
