using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Half-precision and bfloat16 numbers to floats, exactly, in vector registers; .NET has no instruction for it on x86.</summary>
internal static unsafe class PanelFloats<TLanes, V>
    where TLanes : struct, ILanes<V>
    where V : struct
{
    /// <summary>As many halves as there are lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadHalves(ushort* source) => HalfInUpper(TLanes.ShiftLeft(TLanes.LoadWords(source), 16));

    /// <summary>The half in the upper 16 bits of each lane; the lower bits may hold anything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V HalfInUpper(V value)
    {
        // Shifted by 3, exponent and fraction stand where a float has them, with the exponent too small by 112. The shift has copied the sign to
        // the bits between, which the mask clears. Multiplying by 2^112 is exact for normal and subnormal numbers alike; what was infinity or NaN
        // comes out at 2^16 or more and gets the exponent of all ones back.
        V bits = TLanes.And(TLanes.ShiftRight(value, 3), TLanes.Broadcast(unchecked((int)0x8fffe000)));
        V scaled = TLanes.Multiply(bits, TLanes.Broadcast(0x77800000));
        V special = TLanes.And(TLanes.MagnitudeAtLeast(scaled, TLanes.Broadcast(0x47800000)), TLanes.Broadcast(0x7f800000));
        return TLanes.Or(scaled, special);
    }
}
