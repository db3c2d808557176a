namespace Sparrow.Compression.Allocation;

/// <summary>
/// LoSA's block sparsities (arXiv 2502.14816): blocks whose input is like that of the others give up more. The authors' linear programme has a closed
/// form, the split at the median, which their solver approaches.
/// </summary>
public static class RmiAllocation
{
    /// <summary>How far a block may be from the target. The published table ends at 0.7; above it, its last value is kept.</summary>
    public static double Range(double sparsity) => sparsity <= 0.5 ? 0.01 : sparsity <= 0.6 ? 0.02 : 0.03;

    /// <summary>ρ: the sum of each block's similarities with the others.</summary>
    /// <param name="similarity">[blocks, blocks], row-major.</param>
    /// <param name="blockCount">Its width.</param>
    public static double[] Redundancy(ReadOnlySpan<double> similarity, int blockCount)
    {
        double[] sums = new double[blockCount];
        for (int i = 0; i < blockCount; i++)
        {
            for (int j = 0; j < blockCount; j++)
            {
                sums[i] += i == j ? 0 : similarity[(i * blockCount) + j];
            }
        }

        return sums;
    }

    /// <summary>exp(−β·ρ/Σρ), the weights of the programme; they order blocks as ρ does, whatever β is.</summary>
    public static double[] Importance(IReadOnlyList<double> redundancy, double beta)
    {
        double total = redundancy.Sum();
        return [.. redundancy.Select(value => Math.Exp(-beta * value / total))];
    }

    /// <summary>Sparsity by block: the more redundant half of the blocks above the target, the other below, a middle one on it.</summary>
    /// <param name="redundancy">ρ by block; of equal values the later block counts as more redundant.</param>
    /// <param name="sparsity">The mean to reach.</param>
    /// <param name="range">Distance from the target; null: <see cref="Range"/>.</param>
    public static double[] Allocate(IReadOnlyList<double> redundancy, double sparsity, double? range = null) =>
        Allocate(redundancy, sparsity, range, new double[redundancy.Count]).Sparsities;

    /// <summary>The same where blocks cannot go below the sparsity that they already have.</summary>
    /// <param name="redundancy">ρ by block.</param>
    /// <param name="sparsity">The mean to reach.</param>
    /// <param name="range">Distance from the target; null: <see cref="Range"/>.</param>
    /// <param name="achieved">Sparsity that each block has.</param>
    /// <returns>The sparsities, and by how much their mean exceeds the target because of what has been achieved.</returns>
    public static (double[] Sparsities, double Excess) Allocate(
        IReadOnlyList<double> redundancy, double sparsity, double? range, IReadOnlyList<double> achieved)
    {
        int count = redundancy.Count;
        double delta = Math.Min(range ?? Range(sparsity), Math.Min(sparsity, 1 - sparsity));
        double[] result = [.. achieved.Select(floor => Math.Max(sparsity - delta, floor))];
        double budget = (count * sparsity) - result.Sum();
        if (budget < 0)
        {
            return (result, -budget / count);
        }

        foreach (int block in Enumerable.Range(0, count).OrderByDescending(i => redundancy[i]).ThenByDescending(i => i))
        {
            double room = Math.Max(0, sparsity + delta - result[block]);

            // What is left after the last whole step is rounding.
            double given = budget < room - 1e-12 ? budget : room;
            result[block] += given;
            budget -= given;
            if (budget <= 1e-12)
            {
                break;
            }
        }

        return (result, 0);
    }
}
