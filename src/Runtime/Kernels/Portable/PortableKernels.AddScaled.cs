using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* x, float* y, float scale, int count)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256.MultiplyAddEstimate(Vector256.Load(y + i), Vector256.Create(scale), Vector256.Load(x + i)).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] = MathF.FusedMultiplyAdd(y[i], scale, x[i]);
        }
    }
}
