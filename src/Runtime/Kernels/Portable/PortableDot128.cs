using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Bytes at even and odd places are multiplied as 16-bit words: 15 · 127 fits, and so does the sum of the 16 products that a block of 32 columns
// adds up in each word (30,480).
internal readonly struct PortableDot128 : IByteDot<Vector128<byte>>
{
    public static bool TakesWholeBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Accumulate(Vector128<byte> sum, Vector128<byte> codes, Vector128<byte> activations)
    {
        Vector128<short> evenCodes = codes.AsInt16() & Vector128.Create((short)0xff);
        Vector128<short> oddCodes = (codes.AsUInt16() >>> 8).AsInt16();
        Vector128<short> evenActivations = (activations.AsInt16() << 8) >> 8;
        Vector128<short> oddActivations = activations.AsInt16() >> 8;
        return (sum.AsInt16() + (evenCodes * evenActivations) + (oddCodes * oddActivations)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Total(Vector128<byte> sum) =>
        (((sum.AsInt32() << 16) >> 16) + (sum.AsInt32() >> 16)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Combine(Vector128<byte> left, Vector128<byte> right) => (left.AsInt16() + right.AsInt16()).AsByte();
}
