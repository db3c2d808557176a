using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Rows as 16-bit integers: see the delegate. The scaled row waits in a buffer for its largest value; what is left of a row beyond whole registers goes
// through the same steps one by one.
internal static unsafe partial class PortableKernels
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RoundRows(
        float* x, int rowCount, int count, float* scales, float* minima, short* codes, int codeStride, float* rowScales, float* sums)
    {
        float* scaled = stackalloc float[codeStride + 16];
        int whole = count & ~7;
        for (int row = 0; row < rowCount; row++, x += count, codes += codeStride)
        {
            Vector256<float> top = Vector256<float>.Zero;
            Vector256<float> dots = Vector256<float>.Zero;
            for (int i = 0; i < whole; i += 8)
            {
                Vector256<float> value = Vector256.Load(x + i);
                dots = Vector256.MultiplyAddEstimate(value, Vector256.Load(minima + i), dots);
                value *= Vector256.Load(scales + i);
                value.Store(scaled + i);
                top = Vector256.Max(top, Vector256.Abs(value));
            }

            float largest = Largest(top);
            float sum = Vector256.Sum(dots);
            for (int i = whole; i < count; i++)
            {
                sum = MathF.FusedMultiplyAdd(x[i], minima[i], sum);
                scaled[i] = x[i] * scales[i];
                largest = Math.Max(largest, Math.Abs(scaled[i]));
            }

            sums[row] = sum;
            Vector256<float> inverse = Vector256.Create(ScalarKernels.Inverse(largest, out rowScales[row]));
            for (int i = count; i < codeStride; i++)
            {
                scaled[i] = 0;
            }

            int code = 0;
            for (; code <= codeStride - 16; code += 16)
            {
                Vector256<int> low = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(scaled + code) * inverse));
                Vector256<int> high = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(scaled + code + 8) * inverse));
                Vector256.Narrow(low, high).Store(codes + code);
            }

            for (; code < codeStride; code++)
            {
                codes[code] = (short)MathF.Round(scaled[code] * inverse.ToScalar());
            }
        }
    }
}
