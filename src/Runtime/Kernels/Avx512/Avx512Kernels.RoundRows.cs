using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// Rows as 16-bit integers: see the delegate. The scaled row waits in a buffer for its largest value; what is left of a row beyond whole registers goes
// through the same steps one by one.
internal static unsafe partial class Avx512Kernels
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RoundRows(
        float* x, int rowCount, int count, float* scales, float* minima, short* codes, int codeStride, float* rowScales, float* sums)
    {
        if (count % 32 == 0)
        {
            for (int first = 0; first < rowCount; first += TileRows)
            {
                RoundTile(
                    x + (first * count), Math.Min(TileRows, rowCount - first), count, scales, minima, codes + (first * codeStride),
                    rowScales + first, sums + first);
            }

            return;
        }

        float* scaled = stackalloc float[codeStride + 32];
        int whole = count & ~15;
        for (int row = 0; row < rowCount; row++, x += count, codes += codeStride)
        {
            Vector512<float> top = Vector512<float>.Zero;
            Vector512<float> dots = Vector512<float>.Zero;
            for (int i = 0; i < whole; i += 16)
            {
                Vector512<float> value = Vector512.Load(x + i);
                dots = Vector512.MultiplyAddEstimate(value, Vector512.Load(minima + i), dots);
                value *= Vector512.Load(scales + i);
                value.Store(scaled + i);
                top = Vector512.Max(top, Vector512.Abs(value));
            }

            float largest = Largest(top);
            float sum = Vector512.Sum(dots);
            for (int i = whole; i < count; i++)
            {
                sum = MathF.FusedMultiplyAdd(x[i], minima[i], sum);
                scaled[i] = x[i] * scales[i];
                largest = Math.Max(largest, Math.Abs(scaled[i]));
            }

            sums[row] = sum;
            Vector512<float> inverse = Vector512.Create(ScalarKernels.Inverse(largest, out rowScales[row]));
            for (int i = count; i < codeStride; i++)
            {
                scaled[i] = 0;
            }

            int code = 0;
            for (; code <= codeStride - 32; code += 32)
            {
                Vector512<int> low = Vector512.ConvertToInt32Native(Vector512.Round(Vector512.Load(scaled + code) * inverse));
                Vector512<int> high = Vector512.ConvertToInt32Native(Vector512.Round(Vector512.Load(scaled + code + 16) * inverse));
                Vector512.Narrow(low, high).Store(codes + code);
            }

            for (; code < codeStride; code++)
            {
                codes[code] = (short)MathF.Round(scaled[code] * inverse.ToScalar());
            }
        }
    }

    // Up to eight rows of whole registers.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundTile(float* x, int rowCount, int count, float* scales, float* minima, short* codes, float* rowScales, float* sums)
    {
        float* tops = stackalloc float[TileRows * 16];
        float* dots = stackalloc float[TileRows * 16];
        float* rowValues = stackalloc float[3 * TileRows];
        for (int row = 0; row < rowCount; row++)
        {
            Vector512<float> top = Vector512<float>.Zero;
            Vector512<float> dot = Vector512<float>.Zero;
            for (int i = 0; i < count; i += 16)
            {
                Vector512<float> value = Vector512.Load(x + (row * count) + i);
                dot = Vector512.MultiplyAddEstimate(value, Vector512.Load(minima + i), dot);
                top = Vector512.MaxNative(top, Vector512.Abs(value * Vector512.Load(scales + i)));
            }

            top.Store(tops + (row * 16));
            dot.Store(dots + (row * 16));
        }

        for (int row = rowCount; row < TileRows; row++)
        {
            Vector512<float>.Zero.Store(tops + (row * 16));
            Vector512<float>.Zero.Store(dots + (row * 16));
        }

        // A value that is no number may be missed among the largest; the row's sum is then none.
        Vector256<float> largest = Maxima8(tops);
        Vector256<float> isSmall = Vector256.LessThan(largest, Vector256.Create(ScalarKernels.LeastRow));
        Vector256.AndNot(largest / Vector256.Create(ScalarKernels.LargestWord), isSmall).Store(rowValues);
        Vector256.AndNot(Vector256.Create(ScalarKernels.LargestWord) / largest, isSmall).Store(rowValues + TileRows);
        Sums8(dots).Store(rowValues + (2 * TileRows));
        for (int row = 0; row < rowCount; row++)
        {
            rowScales[row] = rowValues[row];
            sums[row] = rowValues[(2 * TileRows) + row];
            Vector512<float> inverse = Vector512.Create(rowValues[TileRows + row]);
            for (int i = 0; i < count; i += 32)
            {
                float* from = x + (row * count) + i;
                Vector512<int> low = Avx512F.ConvertToVector512Int32(Vector512.Load(from) * Vector512.Load(scales + i) * inverse);
                Vector512<int> high = Avx512F.ConvertToVector512Int32(Vector512.Load(from + 16) * Vector512.Load(scales + i + 16) * inverse);
                Vector512.Narrow(low, high).Store(codes + (row * count) + i);
            }
        }
    }
}
