using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>K-quants (<see cref="KQuantRecord"/>) as floats. Products of scales and codes are exact; adding the minimum rounds, as in the files' definition.</summary>
internal readonly unsafe struct KQuantFormat<TBits> : IPanelFormat
    where TBits : struct, IKQuantBits
{
    public static bool IsFloat => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        byte* panelRecords = weights.PanelValues(panel);
        for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
        {
            float* target = tile + lane;
            for (int position = firstBlock; position < firstBlock + blockCount; position++)
            {
                byte* record = panelRecords + ((long)(position / KQuantRecord.BlockCount) * KQuantRecord.Bytes(TBits.Bits));
                int block = position % KQuantRecord.BlockCount;
                byte* codes = record + KQuantRecord.NibblesOffset(block) + (lane * 4);

                V high = KQuantCodes<TLanes, TBits, V>.FirstHighBits(record, block, lane);
                PanelDequantizer<TLanes, V> dequantizer = Dequantizer<TLanes, V>(record, block, 0, lane);
                V pairs = TLanes.Load(codes);
                Store4(dequantizer, target, TLanes.LowNibbles(pairs), high, 0);
                Store4(dequantizer, target, TLanes.HighNibbles(pairs), high, 1);
                pairs = TLanes.Load(codes + KQuantRecord.WordBytes);
                Store4(dequantizer, target, TLanes.LowNibbles(pairs), high, 2);
                Store4(dequantizer, target, TLanes.HighNibbles(pairs), high, 3);

                high = KQuantCodes<TLanes, TBits, V>.LastHighBits(record, block, lane);
                dequantizer = Dequantizer<TLanes, V>(record, block, 1, lane);
                pairs = TLanes.Load(codes + (2 * KQuantRecord.WordBytes));
                Store4(dequantizer, target, TLanes.LowNibbles(pairs), high, 4);
                Store4(dequantizer, target, TLanes.HighNibbles(pairs), high, 5);
                pairs = TLanes.Load(codes + (3 * KQuantRecord.WordBytes));
                Store4(dequantizer, target, TLanes.LowNibbles(pairs), high, 6);
                Store4(dequantizer, target, TLanes.HighNibbles(pairs), high, 7);
                target += PanelMatrix.BlockColumns * PanelMatrix.PanelRows;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4<TLanes, V>(in PanelDequantizer<TLanes, V> dequantizer, float* target, V lowHalves, V high, int quad)
        where TLanes : struct, ILanes<V>
        where V : struct =>
        dequantizer.Store4(target + (quad * 4 * PanelMatrix.PanelRows), KQuantCodes<TLanes, TBits, V>.Join(lowHalves, high, quad));

    // For half a block, the least that shares a scale.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static PanelDequantizer<TLanes, V> Dequantizer<TLanes, V>(byte* record, int block, int half, int lane)
        where TLanes : struct, ILanes<V>
        where V : struct
    {
        int group = ((block * 2) + half) * 16 / KQuantRecord.GroupColumns(TBits.Bits);
        return new(
            TLanes.Multiply(KQuantCodes<TLanes, TBits, V>.Scale(record, lane), KQuantCodes<TLanes, TBits, V>.GroupScale(record, group, lane)),
            TLanes.Multiply(KQuantCodes<TLanes, TBits, V>.MinimumScale(record, lane), KQuantCodes<TLanes, TBits, V>.GroupMinimum(record, group, lane)),
            KQuantRecord.HasMinimums(TBits.Bits),
            KQuantRecord.ZeroPoint(TBits.Bits));
    }
}
