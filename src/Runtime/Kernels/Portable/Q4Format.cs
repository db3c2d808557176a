using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>4-bit codes, eight columns a lane: low halves of bytes are columns 0 to 3, high halves 4 to 7.</summary>
internal readonly unsafe struct Q4Format : IPanelFormat
{
    public static bool IsFloat => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
        {
            byte* codes = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * PanelMatrix.PanelRows / 2) + (lane * 4);
            float* target = tile + lane;
            for (int half = firstBlock * 2; half < (firstBlock + blockCount) * 2; half++)
            {
                PanelDequantizer<TLanes, V> dequantizer = new(weights, panel, half, lane);
                for (int octet = 0; octet < 2; octet++)
                {
                    V pairs = TLanes.Load(codes);
                    dequantizer.Store4(target, TLanes.LowNibbles(pairs));
                    dequantizer.Store4(target + (4 * PanelMatrix.PanelRows), TLanes.HighNibbles(pairs));
                    codes += PanelMatrix.PanelRows * 4;
                    target += 8 * PanelMatrix.PanelRows;
                }
            }
        }
    }
}
