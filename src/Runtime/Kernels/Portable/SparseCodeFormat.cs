using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Sparse codes of 8 or 4 bits with float activations: restored to dense 8-bit codes in the first cache level, and from there as dense ones are.</summary>
internal readonly unsafe struct SparseCodeFormat<TExpander, TBits> : IPanelFormat
    where TExpander : struct, ISparseExpander
    where TBits : struct, ISparseBits
{
    public static bool IsFloat => false;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        byte* codes = stackalloc byte[SparseBlock.Elements];
        for (int block = firstBlock; block < firstBlock + blockCount; block++, tile += SparseBlock.Elements)
        {
            TBits.Expand<TExpander>(weights, panel, block, codes);

            // Scales are found by the block's place in the matrix, so the codes pretend to begin where block 0 would.
            PanelMatrix dense = new(
                codes - ((long)block * SparseBlock.Elements), 0, weights.Columns, weights.Scales, null, weights.GroupColumns, weights.ZeroPoint);
            Q8Format.Expand<TLanes, V>(dense, panel, block, 1, tile);
        }
    }
}
