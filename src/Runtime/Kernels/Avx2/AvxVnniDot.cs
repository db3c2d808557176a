using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// vpdpbusd multiplies unsigned with signed bytes and adds four products to a 32-bit lane, exactly.
internal readonly struct AvxVnniDot : IByteDot<Vector256<byte>>
{
    public static bool TakesWholeBytes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Accumulate(Vector256<byte> sum, Vector256<byte> codes, Vector256<byte> activations) =>
        AvxVnni.MultiplyWideningAndAdd(sum.AsInt32(), codes, activations.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Combine(Vector256<byte> left, Vector256<byte> right) => Avx2.Add(left.AsInt32(), right.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Total(Vector256<byte> sum) => sum;
}
