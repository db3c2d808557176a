using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary><c>vpdpwssd</c>.</summary>
internal readonly struct AvxVnniPairDot : IPairDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<short> left, Vector256<short> right) =>
        AvxVnni.MultiplyWideningAndAdd(sum, left, right);
}
