using System.Globalization;

namespace Sparrow.Compression.Pruning;

/// <summary>How much of a matrix goes: a share of the weights, or a number of every group of consecutive columns.</summary>
public readonly record struct PruneTarget
{
    private PruneTarget(double sparsity, int prunePerGroup, int groupSize)
    {
        Sparsity = sparsity;
        PrunePerGroup = prunePerGroup;
        GroupSize = groupSize;
    }

    /// <summary>Share of the weights that is pruned, 0 to 1.</summary>
    public double Sparsity { get; }

    /// <summary>Weights pruned of each group; 0 where the target is unstructured.</summary>
    public int PrunePerGroup { get; }

    /// <summary>Columns of a group; 0 where the target is unstructured.</summary>
    public int GroupSize { get; }

    public bool IsStructured => GroupSize > 0;

    /// <summary>A share of the weights, wherever they are.</summary>
    public static PruneTarget Unstructured(double sparsity) =>
        sparsity is >= 0 and <= 1
            ? new PruneTarget(sparsity, 0, 0)
            : throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "A sparsity is between 0 and 1.");

    /// <summary>
    /// N:M. The two numbers are named because the papers' "n:m" counts pruned weights and the hardware's counts kept ones.
    /// </summary>
    public static PruneTarget Structured(int prunePerGroup, int groupSize)
    {
        if (groupSize is < 2 or > 64 || prunePerGroup < 0 || prunePerGroup > groupSize)
        {
            throw new ArgumentException($"Pruning {prunePerGroup} of every {groupSize} weights is not a pattern (groups of 2 to 64).");
        }

        return new PruneTarget((double)prunePerGroup / groupSize, prunePerGroup, groupSize);
    }

    /// <summary>Weights to prune in a row of unstructured sparsity: rounded down, so that the share is never exceeded.</summary>
    public int CountPerRow(int columns) => (int)(columns * Sparsity);

    /// <summary>Checks that the pattern fits.</summary>
    /// <exception cref="ArgumentException">The width is not a multiple of the group.</exception>
    public void RequireFits(int columns)
    {
        if (IsStructured && columns % GroupSize != 0)
        {
            throw new ArgumentException($"Rows of {columns} weights do not divide into groups of {GroupSize}.");
        }
    }

    public override string ToString() =>
        IsStructured
            ? string.Create(CultureInfo.InvariantCulture, $"{PrunePerGroup} of {GroupSize} pruned")
            : string.Create(CultureInfo.InvariantCulture, $"{Sparsity:0.####}");
}
