using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class PortableKernels
{
    // cap · tanh(x / cap) = cap · (1 − 2 / (e^(2x / cap) + 1)). Near 0 the difference loses digits, but not more than 1e-7 of the cap.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftCap(float* x, float cap, int count)
    {
        Vector256<float> scale = Vector256.Create(2 / cap);
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<float> power = VectorMath.Exp(Vector256.Load(x + i) * scale);
            (Vector256.Create(cap) - (Vector256.Create(2 * cap) / (power + Vector256<float>.One))).Store(x + i);
        }

        if (i < count)
        {
            ScalarKernels.SoftCap(x + i, cap, count - i);
        }
    }
}
