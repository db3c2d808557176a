namespace Sparrow.Compression.Pruning;

/// <summary>Settings of <see cref="SparseGptPruner"/>; the defaults are the paper's but for the exact count.</summary>
public sealed record SparseGptOptions
{
    /// <summary>Columns of a panel: where an unstructured mask is chosen, and how much error is carried on at once.</summary>
    public int PanelColumns { get; init; } = 128;

    /// <summary>How many weights of a panel a sparsity means.</summary>
    public CountRule Rule { get; init; } = CountRule.Exact;

    /// <summary>Grids of the rows for pruning and quantising in one sweep; null: kept weights are not quantised. Fitted to the weights before the sweep.</summary>
    public IReadOnlyList<RowGrid>? Grids { get; init; }

    /// <summary>A mask to sweep with instead of choosing one; the target is then not looked at.</summary>
    public PruneMask? Mask { get; init; }
}
