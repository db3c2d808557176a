using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Bytes at even and odd places are multiplied as 16-bit words: 15 · 127 fits, and so does the sum of the 16 products that a block of 32 columns
// adds up in each word (30,480).
internal readonly struct PortableDot512 : IByteDot<Vector512<byte>>
{
    public static bool TakesWholeBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Accumulate(Vector512<byte> sum, Vector512<byte> codes, Vector512<byte> activations)
    {
        Vector512<short> evenCodes = codes.AsInt16() & Vector512.Create((short)0xff);
        Vector512<short> oddCodes = (codes.AsUInt16() >>> 8).AsInt16();
        Vector512<short> evenActivations = (activations.AsInt16() << 8) >> 8;
        Vector512<short> oddActivations = activations.AsInt16() >> 8;
        return (sum.AsInt16() + (evenCodes * evenActivations) + (oddCodes * oddActivations)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Total(Vector512<byte> sum) =>
        (((sum.AsInt32() << 16) >> 16) + (sum.AsInt32() >> 16)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Combine(Vector512<byte> left, Vector512<byte> right) => (left.AsInt16() + right.AsInt16()).AsByte();
}
