using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// Eight registers reduced together: what costs eight times ten shuffles one by one takes 24 operations. Every register goes through the same tree, so
// its result does not depend on its place or on the others.
internal static unsafe partial class Avx512Kernels
{
    /// <summary>Each register's sum over its lanes; registers lie one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sums8(float* x)
    {
        Vector512<float> ab = Pairs(x, 0, out Vector512<float> abHigh) + abHigh;
        Vector512<float> cd = Pairs(x, 2, out Vector512<float> cdHigh) + cdHigh;
        Vector512<float> ef = Pairs(x, 4, out Vector512<float> efHigh) + efHigh;
        Vector512<float> gh = Pairs(x, 6, out Vector512<float> ghHigh) + ghHigh;
        Vector512<float> abcd = Quads(ab, cd, out Vector512<float> abcdHigh) + abcdHigh;
        Vector512<float> efgh = Quads(ef, gh, out Vector512<float> efghHigh) + efghHigh;
        Vector512<float> all = Avx512F.Shuffle4x128(abcd, efgh, 0x44) + Avx512F.Shuffle4x128(abcd, efgh, 0xEE);
        return Avx512F.Shuffle4x128(all, all, 0x08).GetLower() + Avx512F.Shuffle4x128(all, all, 0x0D).GetLower();
    }

    /// <summary>Each register's largest lane; one that is no number may be passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Maxima8(float* x)
    {
        Vector512<float> ab = Vector512.MaxNative(Pairs(x, 0, out Vector512<float> abHigh), abHigh);
        Vector512<float> cd = Vector512.MaxNative(Pairs(x, 2, out Vector512<float> cdHigh), cdHigh);
        Vector512<float> ef = Vector512.MaxNative(Pairs(x, 4, out Vector512<float> efHigh), efHigh);
        Vector512<float> gh = Vector512.MaxNative(Pairs(x, 6, out Vector512<float> ghHigh), ghHigh);
        Vector512<float> abcd = Vector512.MaxNative(Quads(ab, cd, out Vector512<float> abcdHigh), abcdHigh);
        Vector512<float> efgh = Vector512.MaxNative(Quads(ef, gh, out Vector512<float> efghHigh), efghHigh);
        Vector512<float> all = Vector512.MaxNative(Avx512F.Shuffle4x128(abcd, efgh, 0x44), Avx512F.Shuffle4x128(abcd, efgh, 0xEE));
        return Vector256.MaxNative(Avx512F.Shuffle4x128(all, all, 0x08).GetLower(), Avx512F.Shuffle4x128(all, all, 0x0D).GetLower());
    }

    // Two registers' lanes side by side: 0, 1 of each quarter, and 2, 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pairs(float* x, int first, out Vector512<float> high)
    {
        Vector512<float> left = Vector512.Load(x + (16 * first));
        Vector512<float> right = Vector512.Load(x + (16 * (first + 1)));
        high = Avx512F.UnpackHigh(left, right);
        return Avx512F.UnpackLow(left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quads(Vector512<float> left, Vector512<float> right, out Vector512<float> high)
    {
        high = Avx512F.UnpackHigh(left.AsDouble(), right.AsDouble()).AsSingle();
        return Avx512F.UnpackLow(left.AsDouble(), right.AsDouble()).AsSingle();
    }
}
