using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class Avx512Kernels
{
    // gate[i] = silu(gate[i]) · up[i], sixteen lanes at a time; the rest as the narrower kernel does it, whose lanes give the same results.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateSilu(float* gate, float* up, int count)
    {
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector512<float> x = Vector512.Load(gate + i);
            Vector512<float> y = x / (Vector512<float>.One + VectorMath.Exp(-x));
            (up is null ? y : y * Vector512.Load(up + i)).Store(gate + i);
        }

        if (i < count)
        {
            PortableKernels.GateSilu(gate + i, up is null ? null : up + i, count - i);
        }
    }
}
