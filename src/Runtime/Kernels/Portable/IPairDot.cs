using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

/// <summary>Sums of two products of 16-bit integers, a small struct for each instruction set. Everything is exact, so all agree.</summary>
internal interface IPairDot
{
    /// <summary>sum[lane] + left[2·lane] · right[2·lane] + left[2·lane + 1] · right[2·lane + 1].</summary>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<short> left, Vector256<short> right);
}

/// <summary>Without an instruction for it: even and odd words as integers.</summary>
internal readonly struct PortablePairDot : IPairDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<short> left, Vector256<short> right)
    {
        Vector256<int> x = left.AsInt32();
        Vector256<int> y = right.AsInt32();
        return sum + (((x << 16) >> 16) * ((y << 16) >> 16)) + ((x >> 16) * (y >> 16));
    }
}
