using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>4-bit codes into a table, in panels as <see cref="Q4Format"/>: scale · table[code], rounded, plus the minimum where there is one.</summary>
internal readonly unsafe struct TableFormat : IPanelFormat
{
    public static bool IsFloat => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        float* table = (float*)weights.Table;
        bool hasMinimum = weights.FloatMinimums is not null;
        for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
        {
            byte* codes = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * PanelMatrix.PanelRows / 2) + (lane * 4);
            float* target = tile + lane;
            for (int half = firstBlock * 2; half < (firstBlock + blockCount) * 2; half++)
            {
                long group = weights.PanelGroup(panel, half * 16 / weights.GroupColumns) + lane;
                V scale = TLanes.Load(weights.FloatScales + group);
                V minimum = hasMinimum ? TLanes.Load(weights.FloatMinimums + group) : TLanes.Zero;
                for (int octet = 0; octet < 2; octet++)
                {
                    V pairs = TLanes.Load(codes);
                    Store4<TLanes, V>(target, TLanes.LowNibbles(pairs), table, scale, minimum, hasMinimum);
                    Store4<TLanes, V>(target + (4 * PanelMatrix.PanelRows), TLanes.HighNibbles(pairs), table, scale, minimum, hasMinimum);
                    codes += PanelMatrix.PanelRows * 4;
                    target += 8 * PanelMatrix.PanelRows;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4<TLanes, V>(float* target, V codes, float* table, V scale, V minimum, bool hasMinimum)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        V mask = TLanes.Broadcast(15);
        Store<TLanes, V>(target, TLanes.And(codes, mask), table, scale, minimum, hasMinimum);
        Store<TLanes, V>(target + PanelMatrix.PanelRows, TLanes.And(TLanes.ShiftRight(codes, 8), mask), table, scale, minimum, hasMinimum);
        Store<TLanes, V>(target + (2 * PanelMatrix.PanelRows), TLanes.And(TLanes.ShiftRight(codes, 16), mask), table, scale, minimum, hasMinimum);
        Store<TLanes, V>(target + (3 * PanelMatrix.PanelRows), TLanes.And(TLanes.ShiftRight(codes, 24), mask), table, scale, minimum, hasMinimum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TLanes, V>(float* target, V indices, float* table, V scale, V minimum, bool hasMinimum)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        V value = TLanes.Multiply(scale, TLanes.LookupFloats(table, indices));
        TLanes.Store(target, hasMinimum ? TLanes.Add(value, minimum) : value);
    }
}
