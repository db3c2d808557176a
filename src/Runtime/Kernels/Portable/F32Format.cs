namespace Sparrow.Runtime.Kernels;

/// <summary>Floats: nothing to expand.</summary>
internal readonly unsafe struct F32Format : IPanelFormat
{
    public static bool IsFloat => true;

    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        long first = (long)firstBlock * PanelMatrix.BlockColumns * PanelMatrix.PanelRows * sizeof(float);
        long bytes = (long)blockCount * PanelMatrix.BlockColumns * PanelMatrix.PanelRows * sizeof(float);
        Buffer.MemoryCopy(weights.PanelValues(panel) + first, tile, bytes, bytes);
    }
}
