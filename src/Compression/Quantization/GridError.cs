using System.Runtime.Intrinsics;

namespace Sparrow.Compression.Quantization;

/// <summary>Σ|error|^2.4 of values on a grid with a whole zero point: what the range search of the GPTQ program compares.</summary>
internal static class GridError
{
    // 80 of these sums a group make the search as long as the sweep itself, so sixteen values go at once; |e|^2.4 is exp(1.2·log(e²)).
    private const float HalfPower = 1.2f;

    /// <summary>The sum.</summary>
    /// <param name="values">The group.</param>
    /// <param name="scale">Step of the grid.</param>
    /// <param name="zero">Code of 0.</param>
    /// <param name="maxCode">The largest code.</param>
    public static double Sum(ReadOnlySpan<float> values, float scale, float zero, int maxCode)
    {
        Vector512<float> steps = Vector512.Create(scale);
        Vector512<float> zeros = Vector512.Create(zero);
        Vector512<float> last = Vector512.Create((float)maxCode);
        Vector512<double> lower = Vector512<double>.Zero;
        Vector512<double> upper = lower;
        Span<float> tail = stackalloc float[Vector512<float>.Count];
        for (int i = 0; i < values.Length; i += tail.Length)
        {
            Vector512<float> x;
            if (i + tail.Length <= values.Length)
            {
                x = Vector512.Create(values[i..]);
            }
            else
            {
                // 0 is on the grid, so that lanes beyond the group add nothing.
                tail.Clear();
                values[i..].CopyTo(tail);
                x = Vector512.Create<float>(tail);
            }

            Vector512<float> code = Vector512.Min(Vector512.Max(Vector512.Round(x / steps) + zeros, Vector512<float>.Zero), last);
            Vector512<float> error = (steps * (code - zeros)) - x;

            // The logarithm of 0 is −∞, and its exponential 0 again.
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Exp(HalfPower * Vector512.Log(error * error)));
            lower += low;
            upper += high;
        }

        return Vector512.Sum(lower + upper);
    }
}
