using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// One block's turn of the running softmax, eight rows at a time: their maxima, sums and corrections are lanes of one register.
internal static unsafe partial class Avx512Kernels
{
    private const int TileRows = 8;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxBlock(
        float* scores, int rowCount, int* firsts, int* ends, float* maxima, float* sums, float* corrections)
    {
        float* rowValues = stackalloc float[3 * TileRows];
        int row = 0;
        for (; row <= rowCount - TileRows; row += TileRows)
        {
            SoftmaxTile(scores + (row * BlockTokens), TileRows, firsts + row, ends + row, maxima + row, sums + row, corrections + row);
        }

        if (row < rowCount)
        {
            int count = rowCount - row;
            new Span<float>(rowValues, 3 * TileRows).Clear();
            for (int i = 0; i < count; i++)
            {
                rowValues[i] = maxima[row + i];
                rowValues[TileRows + i] = sums[row + i];
            }

            SoftmaxTile(
                scores + (row * BlockTokens), count, firsts + row, ends + row, rowValues, rowValues + TileRows, rowValues + (2 * TileRows));
            for (int i = 0; i < count; i++)
            {
                maxima[row + i] = rowValues[i];
                sums[row + i] = rowValues[TileRows + i];
                corrections[row + i] = rowValues[(2 * TileRows) + i];
            }
        }
    }

    // maxima, sums and corrections have eight entries, firsts and ends as many as there are rows.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SoftmaxTile(
        float* scores, int rowCount, int* firsts, int* ends, float* maxima, float* sums, float* corrections)
    {
        float* tile = stackalloc float[TileRows * 16];
        float* subtrahends = stackalloc float[TileRows];
        Vector512<float> hidden = Vector512.Create(float.NegativeInfinity);
        for (int row = 0; row < rowCount; row++)
        {
            float* x = scores + (row * BlockTokens);
            Vector512<float> low = Vector512.Load(x);
            Vector512<float> high = Vector512.Load(x + 16);
            if (firsts[row] > 0 || ends[row] < BlockTokens)
            {
                Vector512<int> tokens = Vector512<int>.Indices;
                Vector512<int> laterTokens = tokens + Vector512.Create(16);
                Vector512<int> from = Vector512.Create(firsts[row]);
                Vector512<int> to = Vector512.Create(ends[row]);
                Vector512<int> visibleLow = Vector512.GreaterThanOrEqual(tokens, from) & Vector512.LessThan(tokens, to);
                Vector512<int> visibleHigh = Vector512.GreaterThanOrEqual(laterTokens, from) & Vector512.LessThan(laterTokens, to);
                low = Vector512.ConditionalSelect(visibleLow.AsSingle(), low, hidden);
                high = Vector512.ConditionalSelect(visibleHigh.AsSingle(), high, hidden);
                low.Store(x);
                high.Store(x + 16);
            }

            Vector512.MaxNative(low, high).Store(tile + (row * 16));
        }

        // A score that is no number may be missed here, but not below: its weight is none either.
        for (int row = rowCount; row < TileRows; row++)
        {
            Vector512<float>.Zero.Store(tile + (row * 16));
        }

        // Where nothing has been seen yet any finite number serves: e^−∞ is 0. An unchanged maximum leaves everything as it is.
        Vector256<float> before = Vector256.Load(maxima);
        Vector256<float> maximum = Vector256.MaxNative(before, Maxima8(tile));
        Vector256<float> subtrahend = Vector256.ConditionalSelect(
            Vector256.Equals(maximum, Vector256.Create(float.NegativeInfinity)), Vector256<float>.Zero, maximum);
        Vector256<float> correction = Vector256.ConditionalSelect(
            Vector256.Equals(before, maximum), Vector256<float>.One, VectorMath.ExpOfNegative((before - subtrahend).ToVector512()).GetLower());
        maximum.Store(maxima);
        correction.Store(corrections);
        subtrahend.Store(subtrahends);
        for (int row = 0; row < rowCount; row++)
        {
            float* x = scores + (row * BlockTokens);
            Vector512<float> largest = Vector512.Create(subtrahends[row]);
            Vector512<float> low = VectorMath.ExpOfNegative(Vector512.Load(x) - largest);
            Vector512<float> high = VectorMath.ExpOfNegative(Vector512.Load(x + 16) - largest);
            low.Store(x);
            high.Store(x + 16);
            (low + high).Store(tile + (row * 16));
        }

        ((Vector256.Load(sums) * correction) + Sums8(tile)).Store(sums);
    }
}
