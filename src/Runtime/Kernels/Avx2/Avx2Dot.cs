using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// vpmaddubsw saturates at 16 bits, which halves of bytes never reach: a block's 16 products in a word are at most 30,480. One vpmaddwd with ones at
// the block's end then makes 32-bit integers.
internal readonly struct Avx2Dot : IByteDot<Vector256<byte>>
{
    public static bool TakesWholeBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Accumulate(Vector256<byte> sum, Vector256<byte> codes, Vector256<byte> activations) =>
        Avx2.Add(sum.AsInt16(), Avx2.MultiplyAddAdjacent(codes, activations.AsSByte())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Combine(Vector256<byte> left, Vector256<byte> right) => Avx2.Add(left.AsInt16(), right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Total(Vector256<byte> sum) =>
        Avx2.MultiplyAddAdjacent(sum.AsInt16(), Vector256.Create((short)1)).AsByte();
}
