using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// One block of 32 tokens, one head, some query rows: see the delegates for shapes and order. Two rows at a time share each loaded key or value:
// eight accumulators, and the sixteen registers of AVX2 still hold the constants that widen halves.
internal static unsafe partial class PortableKernels
{
    private const int BlockTokens = 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KeyScores<TElements>(float* q, int rowCount, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        int row = 0;
        for (; row <= rowCount - 2; row += 2)
        {
            KeyScores2<TElements>(q + (row * headSize), keys, headSize, scores + (row * BlockTokens));
        }

        if (row < rowCount)
        {
            KeyScores1<TElements>(q + (row * headSize), keys, headSize, scores + (row * BlockTokens));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxBlock(
        float* scores, int rowCount, int* firsts, int* ends, float* maxima, float* sums, float* corrections)
    {
        for (int row = 0; row < rowCount; row++, scores += BlockTokens)
        {
            Vector256<int> from = Vector256.Create(firsts[row]);
            Vector256<int> to = Vector256.Create(ends[row]);
            Vector256<float> top = Vector256.Create(maxima[row]);
            for (int j = 0; j < BlockTokens; j += 8)
            {
                Vector256<int> token = Vector256<int>.Indices + Vector256.Create(j);
                Vector256<int> visible = Vector256.GreaterThanOrEqual(token, from) & Vector256.LessThan(token, to);
                Vector256<float> masked = Vector256.ConditionalSelect(
                    visible.AsSingle(), Vector256.Load(scores + j), Vector256.Create(float.NegativeInfinity));
                masked.Store(scores + j);
                top = Vector256.Max(top, masked);
            }

            // Where nothing has been seen yet any finite number serves: e^−∞ is 0.
            float maximum = Largest(top);
            Vector256<float> subtrahend = Vector256.Create(float.IsNegativeInfinity(maximum) ? 0 : maximum);
            Vector256<float> blockSum = Vector256<float>.Zero;
            for (int j = 0; j < BlockTokens; j += 8)
            {
                Vector256<float> weight = VectorMath.Exp(Vector256.Load(scores + j) - subtrahend);
                weight.Store(scores + j);
                blockSum += weight;
            }

            float correction = maxima[row] == maximum ? 1 : VectorMath.Exp(Vector256.Create(maxima[row]) - subtrahend).ToScalar();
            maxima[row] = maximum;
            sums[row] = (sums[row] * correction) + Vector256.Sum(blockSum);
            corrections[row] = correction;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ValueSum<TElements>(
        float* weights, int rowCount, void* values, int first, int end, int paddedHeadSize, float* corrections, float* result)
        where TElements : ICacheElements
    {
        int row = 0;
        for (; row <= rowCount - 2; row += 2)
        {
            float* w = weights + (row * BlockTokens);
            float* y = result + (row * paddedHeadSize);
            int d = 0;
            for (; d <= paddedHeadSize - 32; d += 32)
            {
                ValueSum2x32<TElements>(w, values, first, end, paddedHeadSize, d, corrections + row, y);
            }

            if (d < paddedHeadSize)
            {
                ValueSum16<TElements>(w, values, first, end, paddedHeadSize, d, corrections[row], y);
                ValueSum16<TElements>(w + BlockTokens, values, first, end, paddedHeadSize, d, corrections[row + 1], y + paddedHeadSize);
            }
        }

        if (row < rowCount)
        {
            for (int d = 0; d < paddedHeadSize; d += 16)
            {
                ValueSum16<TElements>(
                    weights + (row * BlockTokens), values, first, end, paddedHeadSize, d, corrections[row], result + (row * paddedHeadSize));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyScores1<TElements>(float* q, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        Vector256<float> s00 = Vector256<float>.Zero;
        Vector256<float> s01 = Vector256<float>.Zero;
        Vector256<float> s02 = Vector256<float>.Zero;
        Vector256<float> s03 = Vector256<float>.Zero;
        for (int d = 0; d < headSize; d++)
        {
            Vector256<float> k0 = TElements.Load8(keys, d * BlockTokens);
            Vector256<float> k1 = TElements.Load8(keys, (d * BlockTokens) + 8);
            Vector256<float> k2 = TElements.Load8(keys, (d * BlockTokens) + 16);
            Vector256<float> k3 = TElements.Load8(keys, (d * BlockTokens) + 24);
            Vector256<float> q0 = Vector256.Create(q[d]);
            s00 = Vector256.MultiplyAddEstimate(q0, k0, s00);
            s01 = Vector256.MultiplyAddEstimate(q0, k1, s01);
            s02 = Vector256.MultiplyAddEstimate(q0, k2, s02);
            s03 = Vector256.MultiplyAddEstimate(q0, k3, s03);
        }

        s00.Store(scores);
        s01.Store(scores + 8);
        s02.Store(scores + 16);
        s03.Store(scores + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyScores2<TElements>(float* q, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        Vector256<float> s00 = Vector256<float>.Zero;
        Vector256<float> s01 = Vector256<float>.Zero;
        Vector256<float> s02 = Vector256<float>.Zero;
        Vector256<float> s03 = Vector256<float>.Zero;
        Vector256<float> s10 = Vector256<float>.Zero;
        Vector256<float> s11 = Vector256<float>.Zero;
        Vector256<float> s12 = Vector256<float>.Zero;
        Vector256<float> s13 = Vector256<float>.Zero;
        for (int d = 0; d < headSize; d++)
        {
            Vector256<float> k0 = TElements.Load8(keys, d * BlockTokens);
            Vector256<float> k1 = TElements.Load8(keys, (d * BlockTokens) + 8);
            Vector256<float> k2 = TElements.Load8(keys, (d * BlockTokens) + 16);
            Vector256<float> k3 = TElements.Load8(keys, (d * BlockTokens) + 24);
            Vector256<float> q0 = Vector256.Create(q[d]);
            s00 = Vector256.MultiplyAddEstimate(q0, k0, s00);
            s01 = Vector256.MultiplyAddEstimate(q0, k1, s01);
            s02 = Vector256.MultiplyAddEstimate(q0, k2, s02);
            s03 = Vector256.MultiplyAddEstimate(q0, k3, s03);
            Vector256<float> q1 = Vector256.Create(q[headSize + d]);
            s10 = Vector256.MultiplyAddEstimate(q1, k0, s10);
            s11 = Vector256.MultiplyAddEstimate(q1, k1, s11);
            s12 = Vector256.MultiplyAddEstimate(q1, k2, s12);
            s13 = Vector256.MultiplyAddEstimate(q1, k3, s13);
        }

        s00.Store(scores);
        s01.Store(scores + 8);
        s02.Store(scores + 16);
        s03.Store(scores + 24);
        s10.Store(scores + 32);
        s11.Store(scores + 40);
        s12.Store(scores + 48);
        s13.Store(scores + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum16<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float correction, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector256<float> s00 = Vector256.Load(y0) * correction;
        Vector256<float> s01 = Vector256.Load(y0 + 8) * correction;
        for (int j = first; j < end; j++)
        {
            Vector256<float> v0 = TElements.Load8(values, (j * stride) + d);
            Vector256<float> v1 = TElements.Load8(values, (j * stride) + d + 8);
            Vector256<float> w0 = Vector256.Create(weights[j]);
            s00 = Vector256.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector256.MultiplyAddEstimate(w0, v1, s01);
        }

        s00.Store(y0);
        s01.Store(y0 + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum2x32<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float* corrections, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector256<float> s00 = Vector256.Load(y0) * corrections[0];
        Vector256<float> s01 = Vector256.Load(y0 + 8) * corrections[0];
        Vector256<float> s02 = Vector256.Load(y0 + 16) * corrections[0];
        Vector256<float> s03 = Vector256.Load(y0 + 24) * corrections[0];
        float* y1 = result + stride + d;
        Vector256<float> s10 = Vector256.Load(y1) * corrections[1];
        Vector256<float> s11 = Vector256.Load(y1 + 8) * corrections[1];
        Vector256<float> s12 = Vector256.Load(y1 + 16) * corrections[1];
        Vector256<float> s13 = Vector256.Load(y1 + 24) * corrections[1];
        for (int j = first; j < end; j++)
        {
            Vector256<float> v0 = TElements.Load8(values, (j * stride) + d);
            Vector256<float> v1 = TElements.Load8(values, (j * stride) + d + 8);
            Vector256<float> v2 = TElements.Load8(values, (j * stride) + d + 16);
            Vector256<float> v3 = TElements.Load8(values, (j * stride) + d + 24);
            Vector256<float> w0 = Vector256.Create(weights[j]);
            s00 = Vector256.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector256.MultiplyAddEstimate(w0, v1, s01);
            s02 = Vector256.MultiplyAddEstimate(w0, v2, s02);
            s03 = Vector256.MultiplyAddEstimate(w0, v3, s03);
            Vector256<float> w1 = Vector256.Create(weights[BlockTokens + j]);
            s10 = Vector256.MultiplyAddEstimate(w1, v0, s10);
            s11 = Vector256.MultiplyAddEstimate(w1, v1, s11);
            s12 = Vector256.MultiplyAddEstimate(w1, v2, s12);
            s13 = Vector256.MultiplyAddEstimate(w1, v3, s13);
        }

        s00.Store(y0);
        s01.Store(y0 + 8);
        s02.Store(y0 + 16);
        s03.Store(y0 + 24);
        s10.Store(y1);
        s11.Store(y1 + 8);
        s12.Store(y1 + 16);
        s13.Store(y1 + 24);
    }

    // The largest lane, whatever their order; a NaN is kept, so that a broken model shows.
    private static float Largest(Vector256<float> x)
    {
        Vector128<float> y = Vector128.Max(x.GetLower(), x.GetUpper());
        y = Vector128.Max(y, Vector128.Shuffle(y, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(y, Vector128.Shuffle(y, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
