using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary><c>vpmaddwd</c> and an addition.</summary>
internal readonly struct Avx2PairDot : IPairDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<short> left, Vector256<short> right) =>
        sum + Avx2.MultiplyAddAdjacent(left, right);
}
