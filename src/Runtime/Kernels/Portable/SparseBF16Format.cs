using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Sparse bf16: restored to dense pairs in the first cache level, and from there as dense ones are.</summary>
internal readonly unsafe struct SparseBF16Format<TExpander> : IPanelFormat
    where TExpander : struct, ISparseExpander
{
    public static bool IsFloat => false;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        ushort* words = stackalloc ushort[SparseBlock.Elements];
        PanelMatrix dense = new((byte*)words, 0, PanelMatrix.BlockColumns, null, null, 0, 0);
        for (int block = firstBlock; block < firstBlock + blockCount; block++, tile += SparseBlock.Elements)
        {
            TExpander.ExpandWords(weights.BlockValues(panel, block), weights.BlockMasks(panel, block), words);
            BF16Format.Expand<TLanes, V>(dense, 0, 0, 1, tile);
        }
    }
}
