using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Quantization;

/// <summary>Settings of <see cref="Gptq"/>.</summary>
public sealed record GptqOptions
{
    public required QuantizationScheme Scheme { get; init; }

    /// <summary>Columns whose errors are carried to the rest of the matrix at once.</summary>
    /// <remarks>
    /// A group's grid is fitted to weights that earlier blocks have corrected, not to corrections inside the block: with groups smaller than
    /// the block the result depends on this number. 128 is the published default; a block of one group fits every grid to corrected weights.
    /// </remarks>
    public int BlockColumns { get; init; } = 128;

    /// <summary>
    /// All grids are fitted to the weights before the sweep, and groups are consecutive columns even in activation order: files then need no
    /// group index.
    /// </summary>
    public bool StaticGroups { get; init; }

    /// <summary>Kept weights, or null for all. Pruned weights stay 0, and the columns after them make up for their removal.</summary>
    public PruneMask? Mask { get; init; }
}
