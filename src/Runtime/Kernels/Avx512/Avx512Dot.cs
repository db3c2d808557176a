using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// vpmaddubsw saturates at 16 bits, which halves of bytes never reach: a block's 16 products in a word are at most 30,480. One vpmaddwd with ones at
// the block's end then makes 32-bit integers. On a machine whose .NET offers vpdpbusd in 256 bits only this is the faster way for 4-bit codes.
internal readonly struct Avx512Dot : IByteDot<Vector512<byte>>
{
    public static bool TakesWholeBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Accumulate(Vector512<byte> sum, Vector512<byte> codes, Vector512<byte> activations) =>
        Avx512BW.Add(sum.AsInt16(), Avx512BW.MultiplyAddAdjacent(codes, activations.AsSByte())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Combine(Vector512<byte> left, Vector512<byte> right) => Avx512BW.Add(left.AsInt16(), right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Total(Vector512<byte> sum) =>
        Avx512BW.MultiplyAddAdjacent(sum.AsInt16(), Vector512.Create((short)1)).AsByte();
}
