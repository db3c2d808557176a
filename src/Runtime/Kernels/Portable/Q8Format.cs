using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>8-bit codes, four columns a lane.</summary>
internal readonly unsafe struct Q8Format : IPanelFormat
{
    public static bool IsFloat => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
        {
            byte* codes = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * PanelMatrix.PanelRows) + (lane * 4);
            float* target = tile + lane;
            for (int half = firstBlock * 2; half < (firstBlock + blockCount) * 2; half++)
            {
                PanelDequantizer<TLanes, V> dequantizer = new(weights, panel, half, lane);
                for (int quad = 0; quad < 4; quad++)
                {
                    dequantizer.Store4(target, TLanes.Load(codes));
                    codes += PanelMatrix.PanelRows * 4;
                    target += 4 * PanelMatrix.PanelRows;
                }
            }
        }
    }
}
