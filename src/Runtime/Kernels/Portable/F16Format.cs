using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Halves, two columns a lane.</summary>
internal readonly unsafe struct F16Format : IPanelFormat
{
    public static bool IsFloat => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        byte* pairs = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * PanelMatrix.PanelRows * sizeof(ushort));
        for (int pair = 0; pair < blockCount * (PanelMatrix.BlockColumns / 2); pair++)
        {
            for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
            {
                V value = TLanes.Load(pairs + (lane * 4));
                TLanes.Store(tile + lane, PanelFloats<TLanes, V>.HalfInUpper(TLanes.ShiftLeft(value, 16)));
                TLanes.Store(tile + PanelMatrix.PanelRows + lane, PanelFloats<TLanes, V>.HalfInUpper(value));
            }

            pairs += PanelMatrix.PanelRows * 4;
            tile += 2 * PanelMatrix.PanelRows;
        }
    }
}
