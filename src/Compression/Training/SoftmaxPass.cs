using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Compression.Training;

/// <summary>Softmax of a row.</summary>
internal static class SoftmaxPass
{
    /// <summary>Replaces scores by probabilities; returns the logarithm of the sum of the scores' exponentials.</summary>
    public static float InPlace(Span<float> x)
    {
        float maximum = Maximum(x);
        ref float start = ref MemoryMarshal.GetReference(x);
        Vector512<float> sums = Vector512<float>.Zero;
        Vector512<float> shift = Vector512.Create(maximum);
        int i = 0;
        for (; i <= x.Length - 16; i += 16)
        {
            Vector512<float> value = Vector512.Exp(Vector512.LoadUnsafe(ref start, (nuint)i) - shift);
            value.StoreUnsafe(ref start, (nuint)i);
            sums += value;
        }

        float sum = Vector512.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += x[i] = MathF.Exp(x[i] - maximum);
        }

        float scale = 1 / sum;
        for (i = 0; i <= x.Length - 16; i += 16)
        {
            (Vector512.LoadUnsafe(ref start, (nuint)i) * scale).StoreUnsafe(ref start, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            x[i] *= scale;
        }

        return maximum + MathF.Log(sum);
    }

    private static float Maximum(ReadOnlySpan<float> x)
    {
        ref float start = ref MemoryMarshal.GetReference(x);
        float maximum = float.NegativeInfinity;
        int i = 0;
        if (x.Length >= 16)
        {
            Vector512<float> best = Vector512.LoadUnsafe(ref start);
            for (i = 16; i <= x.Length - 16; i += 16)
            {
                best = Vector512.Max(best, Vector512.LoadUnsafe(ref start, (nuint)i));
            }

            for (int lane = 0; lane < 16; lane++)
            {
                maximum = Math.Max(maximum, best[lane]);
            }
        }

        for (; i < x.Length; i++)
        {
            maximum = Math.Max(maximum, x[i]);
        }

        return maximum;
    }
}
