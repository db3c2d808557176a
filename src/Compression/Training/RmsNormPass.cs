using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sparrow.Compression.LinearAlgebra;

namespace Sparrow.Compression.Training;

/// <summary>RMS norm y = x / √(mean x² + ε) · gain of one row, and its gradients.</summary>
internal static class RmsNormPass
{
    public static void Forward(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float epsilon, Span<float> y)
    {
        float scale = Scale(x, epsilon);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float weight = ref MemoryMarshal.GetReference(gain);
        ref float target = ref MemoryMarshal.GetReference(y);
        int i = 0;
        for (; i <= x.Length - 16; i += 16)
        {
            (Vector512.LoadUnsafe(ref source, (nuint)i) * scale * Vector512.LoadUnsafe(ref weight, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = x[i] * scale * gain[i];
        }
    }

    /// <summary>dx += the gradient of x: s·(g·dy − x̂ · mean(g·dy·x̂)) with x̂ = s·x.</summary>
    public static void Backward(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float epsilon, Span<float> dx)
    {
        float scale = Scale(x, epsilon);
        ref float gradient = ref MemoryMarshal.GetReference(dy);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float weight = ref MemoryMarshal.GetReference(gain);
        ref float target = ref MemoryMarshal.GetReference(dx);
        Vector512<float> sums = Vector512<float>.Zero;
        int i = 0;
        for (; i <= x.Length - 16; i += 16)
        {
            Vector512<float> scaled = Vector512.LoadUnsafe(ref gradient, (nuint)i) * Vector512.LoadUnsafe(ref weight, (nuint)i);
            sums = Vector512.FusedMultiplyAdd(scaled, Vector512.LoadUnsafe(ref source, (nuint)i), sums);
        }

        double sum = Vector512.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += (double)dy[i] * gain[i] * x[i];
        }

        // x̂ · mean(g·dy·x̂) = x · s² · sum / n, and the whole is multiplied by s.
        float back = (float)(sum / x.Length * scale * scale * scale);
        for (i = 0; i <= x.Length - 16; i += 16)
        {
            Vector512<float> scaled = Vector512.LoadUnsafe(ref gradient, (nuint)i) * Vector512.LoadUnsafe(ref weight, (nuint)i);
            (Vector512.LoadUnsafe(ref target, (nuint)i) + (scaled * scale) - (Vector512.LoadUnsafe(ref source, (nuint)i) * back)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            dx[i] += (dy[i] * gain[i] * scale) - (x[i] * back);
        }
    }

    /// <summary>gradient += dy · x̂: a row's share of the gain's gradient.</summary>
    public static void AddGain(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, float epsilon, Span<float> gradient)
    {
        float scale = Scale(x, epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            gradient[i] += dy[i] * x[i] * scale;
        }
    }

    private static float Scale(ReadOnlySpan<float> x, float epsilon) =>
        (float)(1 / Math.Sqrt((DenseKernels.Dot<float>(x, x) / (double)x.Length) + epsilon));
}
