using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Codes and scales of a K-quant record in registers whose lanes are rows.</summary>
internal static unsafe class KQuantCodes<TLanes, TBits, V>
    where TLanes : struct, ILanes<V>
    where TBits : struct, IKQuantBits
    where V : struct
{
    /// <summary>The high bits of the first (5 bits: all, 6 bits: 16) columns of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V FirstHighBits(byte* record, int block, int lane) =>
        TBits.Bits == 4 ? TLanes.Zero : TLanes.Load(record + KQuantRecord.BlockHighBitsOffset(TBits.Bits, block) + (lane * 4));

    /// <summary>The high bits of the last (5 bits: all, 6 bits: 16) columns of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LastHighBits(byte* record, int block, int lane) =>
        TBits.Bits == 6
            ? TLanes.Load(record + KQuantRecord.BlockHighBitsOffset(TBits.Bits, block) + KQuantRecord.WordBytes + (lane * 4))
            : FirstHighBits(record, block, lane);

    /// <summary>Columns 4 · <paramref name="quad"/> to 4 · quad + 3 of a block from their low halves and its high bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Join(V lowHalves, V highBits, int quad)
    {
        if (TBits.Bits == 4)
        {
            return lowHalves;
        }

        // Whole lanes are shifted; what comes over from the neighbouring byte, or from the sign, is masked away.
        int shift = TBits.Bits == 5 ? 4 - quad : 4 - (2 * (quad % 4));
        V moved = shift >= 0 ? TLanes.ShiftLeft(highBits, shift) : TLanes.ShiftRight(highBits, -shift);
        return TLanes.Or(lowHalves, TLanes.And(moved, TLanes.Broadcast(TBits.Bits == 5 ? 0x10101010 : 0x30303030)));
    }

    /// <summary>d of the record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale(byte* record, int lane) =>
        PanelFloats<TLanes, V>.LoadHalves((ushort*)(record + KQuantRecord.ScaleOffset(TBits.Bits)) + lane);

    /// <summary>−dmin of the record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V MinimumScale(byte* record, int lane) => TBits.Bits == 6
        ? TLanes.Zero
        : PanelFloats<TLanes, V>.LoadHalves((ushort*)(record + KQuantRecord.MinimumScaleOffset(TBits.Bits)) + lane);

    /// <summary>A group's scale before d, as a float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GroupScale(byte* record, int group, int lane)
    {
        byte* stored = record + KQuantRecord.GroupScalesOffset(TBits.Bits, group) + lane;
        return TLanes.ToFloat(TBits.Bits == 6 ? TLanes.LoadSignedBytes((sbyte*)stored) : TLanes.LoadBytes(stored));
    }

    /// <summary>A group's minimum before −dmin, as a float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GroupMinimum(byte* record, int group, int lane) => TBits.Bits == 6
        ? TLanes.Zero
        : TLanes.ToFloat(TLanes.LoadBytes(record + KQuantRecord.GroupMinimumsOffset(TBits.Bits, group) + lane));
}
