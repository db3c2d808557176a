using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Bytes at even and odd places are multiplied as 16-bit words: 15 · 127 fits, and so does the sum of the 16 products that a block of 32 columns
// adds up in each word (30,480).
internal readonly struct PortableDot256 : IByteDot<Vector256<byte>>
{
    public static bool TakesWholeBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Accumulate(Vector256<byte> sum, Vector256<byte> codes, Vector256<byte> activations)
    {
        Vector256<short> evenCodes = codes.AsInt16() & Vector256.Create((short)0xff);
        Vector256<short> oddCodes = (codes.AsUInt16() >>> 8).AsInt16();
        Vector256<short> evenActivations = (activations.AsInt16() << 8) >> 8;
        Vector256<short> oddActivations = activations.AsInt16() >> 8;
        return (sum.AsInt16() + (evenCodes * evenActivations) + (oddCodes * oddActivations)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Total(Vector256<byte> sum) =>
        (((sum.AsInt32() << 16) >> 16) + (sum.AsInt32() >> 16)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Combine(Vector256<byte> left, Vector256<byte> right) => (left.AsInt16() + right.AsInt16()).AsByte();
}
