using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Sums run in eight lanes twice over, folded in one fixed order at the end; what remains of a row is added one by one.
internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* weight, float epsilon, float* y, int count)
    {
        float scale = (float)(1 / Math.Sqrt((SumOfSquares(x, count) / (double)count) + epsilon));
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            (Vector256.Load(x + i) * scale * Vector256.Load(weight + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] * scale * weight[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LayerNorm(float* x, float* weight, float* bias, float epsilon, float* y, int count)
    {
        float mean = Sum(x, count) / count;
        for (int j = 0; j < count; j++)
        {
            y[j] = x[j] - mean;
        }

        float scale = (float)(1 / Math.Sqrt((SumOfSquares(y, count) / (double)count) + epsilon));
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<float> normed = Vector256.Load(y + i) * scale * Vector256.Load(weight + i);
            (bias is null ? normed : normed + Vector256.Load(bias + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = (y[i] * scale * weight[i]) + (bias is null ? 0 : bias[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* x, int count)
    {
        Vector256<float> low = Vector256<float>.Zero;
        Vector256<float> high = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            low += Vector256.Load(x + i);
            high += Vector256.Load(x + i + 8);
        }

        float sum = Vector256.Sum(low + high);
        for (; i < count; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(float* x, int count)
    {
        Vector256<float> low = Vector256<float>.Zero;
        Vector256<float> high = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<float> a = Vector256.Load(x + i);
            Vector256<float> b = Vector256.Load(x + i + 8);
            low = Vector256.MultiplyAddEstimate(a, a, low);
            high = Vector256.MultiplyAddEstimate(b, b, high);
        }

        float sum = Vector256.Sum(low + high);
        for (; i < count; i++)
        {
            sum += x[i] * x[i];
        }

        return sum;
    }
}
