namespace Sparrow.Compression.Allocation;

/// <summary>
/// OWL (arXiv 2310.05175): blocks with more outliers among their Wanda scores keep more weights. The outliers are counted on the dense model.
/// </summary>
public static class OwlAllocation
{
    /// <summary>Half the range of densities in the paper's runs.</summary>
    public const double DefaultLambda = 0.08;

    /// <summary>What replaces a sparsity of 0 or less.</summary>
    public const double LowestSparsity = 0.01;

    /// <summary>Sparsity by block; the mean is the target as long as nothing is clipped.</summary>
    /// <param name="outlierPercents">By block, see <see cref="OwlOutliers"/>.</param>
    /// <param name="sparsity">The target.</param>
    /// <param name="lambda">Half the range of densities.</param>
    /// <param name="clipAbove">Whether sparsities above 1 become 1. The published code lets them be, which prunes whole blocks.</param>
    public static double[] Allocate(
        IReadOnlyList<double> outlierPercents, double sparsity, double lambda = DefaultLambda, bool clipAbove = true)
    {
        double[] ranks = Stretch(outlierPercents, 2 * lambda);
        double mean = ranks.Average();
        return Array.ConvertAll(ranks, rank =>
        {
            double value = 1 - (rank - mean + (1 - sparsity));
            return value <= 0 ? LowestSparsity : clipAbove ? Math.Min(value, 1) : value;
        });
    }

    /// <summary>Pruned weights of each group by block, for N:M targets. The sum may miss the budget by the rounding.</summary>
    /// <param name="outlierPercents">By block.</param>
    /// <param name="prunePerGroup">The target's number.</param>
    /// <param name="groupSize">Columns of a group; the numbers stay between 0 and it.</param>
    /// <param name="lambda">The range of the numbers.</param>
    public static int[] AllocateStructured(IReadOnlyList<double> outlierPercents, int prunePerGroup, int groupSize, double lambda = 2)
    {
        double[] ranks = Stretch(outlierPercents, lambda);
        double mean = ranks.Average();
        return Array.ConvertAll(ranks, rank => Math.Clamp(prunePerGroup - (int)Math.Round(rank - mean), 0, groupSize));
    }

    // Blocks that are all alike have no order, and get the same.
    private static double[] Stretch(IReadOnlyList<double> percents, double range)
    {
        double low = percents.Min();
        double span = percents.Max() - low;
        return [.. percents.Select(percent => span == 0 ? 0 : (percent - low) / span * range)];
    }
}
