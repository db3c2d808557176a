using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Sparrow.Runtime.Kernels;

// sdot multiplies signed bytes; halves of bytes are the same number signed or not. An 8-bit code takes two passes.
internal readonly struct DotProductDot : IByteDot<Vector128<byte>>
{
    public static bool TakesWholeBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Accumulate(Vector128<byte> sum, Vector128<byte> codes, Vector128<byte> activations) =>
        Dp.DotProduct(sum.AsInt32(), codes.AsSByte(), activations.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Combine(Vector128<byte> left, Vector128<byte> right) => AdvSimd.Add(left.AsInt32(), right.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Total(Vector128<byte> sum) => sum;
}
