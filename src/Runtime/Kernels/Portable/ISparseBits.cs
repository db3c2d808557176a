namespace Sparrow.Runtime.Kernels;

/// <summary>How wide the codes of a sparse matrix are.</summary>
internal unsafe interface ISparseBits
{
    /// <summary>Restores a block as dense 8-bit codes: 512 bytes.</summary>
    static abstract void Expand<TExpander>(in PanelMatrix weights, int panel, int block, byte* codes)
        where TExpander : struct, ISparseExpander;
}

/// <summary>A byte a code.</summary>
internal readonly unsafe struct SparseBits8 : ISparseBits
{
    public static void Expand<TExpander>(in PanelMatrix weights, int panel, int block, byte* codes)
        where TExpander : struct, ISparseExpander =>
        TExpander.ExpandBytes(weights.BlockValues(panel, block), weights.BlockMasks(panel, block), (byte)weights.ZeroPoint, codes);
}

/// <summary>Half a byte a code.</summary>
internal readonly unsafe struct SparseBits4 : ISparseBits
{
    public static void Expand<TExpander>(in PanelMatrix weights, int panel, int block, byte* codes)
        where TExpander : struct, ISparseExpander =>
        TExpander.ExpandNibbles(weights.BlockValues(panel, block), weights.BlockMasks(panel, block), (byte)weights.ZeroPoint, codes);
}
