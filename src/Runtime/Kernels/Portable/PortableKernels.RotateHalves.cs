using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class PortableKernels
{
    // (a, b) = (x[i], x[i + half]) becomes (a·cos − b·sin, b·cos + a·sin).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RotateHalves(float* x, int headCount, int headSize, int half, float* cosines, float* sines)
    {
        for (int head = 0; head < headCount; head++, x += headSize)
        {
            int i = 0;
            for (; i <= half - 8; i += 8)
            {
                Vector256<float> a = Vector256.Load(x + i);
                Vector256<float> b = Vector256.Load(x + half + i);
                Vector256<float> cos = Vector256.Load(cosines + i);
                Vector256<float> sin = Vector256.Load(sines + i);
                ((a * cos) - (b * sin)).Store(x + i);
                ((b * cos) + (a * sin)).Store(x + half + i);
            }

            for (; i < half; i++)
            {
                float a = x[i];
                float b = x[i + half];
                x[i] = (a * cosines[i]) - (b * sines[i]);
                x[i + half] = (b * cosines[i]) + (a * sines[i]);
            }
        }
    }
}
