using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// One block of 32 tokens, one head, some query rows: see the delegates for shapes and order. Four rows at a time share each loaded key or value:
// widening a half costs four instructions, which one row alone would pay for every multiplication.
internal static unsafe partial class Avx512Kernels
{
    private const int BlockTokens = 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KeyScores<TElements>(float* q, int rowCount, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        int row = 0;
        for (; row <= rowCount - 8; row += 8)
        {
            KeyScores8<TElements>(q + (row * headSize), keys, headSize, scores + (row * BlockTokens));
        }

        for (; row <= rowCount - 4; row += 4)
        {
            KeyScores4<TElements>(q + (row * headSize), keys, headSize, scores + (row * BlockTokens));
        }

        if (row <= rowCount - 2)
        {
            KeyScores2<TElements>(q + (row * headSize), keys, headSize, scores + (row * BlockTokens));
            row += 2;
        }

        if (row < rowCount)
        {
            KeyScores1<TElements>(q + (row * headSize), keys, headSize, scores + (row * BlockTokens));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ValueSum<TElements>(
        float* weights, int rowCount, void* values, int first, int end, int paddedHeadSize, float* corrections, float* result)
        where TElements : ICacheElements
    {
        int row = 0;
        for (; row <= rowCount - 8; row += 8)
        {
            float* w = weights + (row * BlockTokens);
            float* y = result + (row * paddedHeadSize);
            int d = 0;
            for (; d <= paddedHeadSize - 32; d += 32)
            {
                ValueSum8x32<TElements>(w, values, first, end, paddedHeadSize, d, corrections + row, y);
            }

            if (d < paddedHeadSize)
            {
                ValueSum4x16<TElements>(w, values, first, end, paddedHeadSize, d, corrections + row, y);
                ValueSum4x16<TElements>(w + (4 * BlockTokens), values, first, end, paddedHeadSize, d, corrections + row + 4, y + (4 * paddedHeadSize));
            }
        }

        for (; row <= rowCount - 4; row += 4)
        {
            float* w = weights + (row * BlockTokens);
            float* y = result + (row * paddedHeadSize);
            int d = 0;
            for (; d <= paddedHeadSize - 64; d += 64)
            {
                ValueSum4x64<TElements>(w, values, first, end, paddedHeadSize, d, corrections + row, y);
            }

            for (; d < paddedHeadSize; d += 16)
            {
                ValueSum4x16<TElements>(w, values, first, end, paddedHeadSize, d, corrections + row, y);
            }
        }

        for (; row < rowCount; row++)
        {
            float* w = weights + (row * BlockTokens);
            float* y = result + (row * paddedHeadSize);
            int d = 0;
            for (; d <= paddedHeadSize - 64; d += 64)
            {
                ValueSum1x64<TElements>(w, values, first, end, paddedHeadSize, d, corrections[row], y);
            }

            for (; d < paddedHeadSize; d += 16)
            {
                ValueSum1x16<TElements>(w, values, first, end, paddedHeadSize, d, corrections[row], y);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyScores1<TElements>(float* q, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        Vector512<float> s00 = Vector512<float>.Zero;
        Vector512<float> s01 = Vector512<float>.Zero;
        for (int d = 0; d < headSize; d++)
        {
            Vector512<float> k0 = TElements.Load16(keys, d * BlockTokens);
            Vector512<float> k1 = TElements.Load16(keys, (d * BlockTokens) + 16);
            Vector512<float> q0 = Vector512.Create(q[d]);
            s00 = Vector512.MultiplyAddEstimate(q0, k0, s00);
            s01 = Vector512.MultiplyAddEstimate(q0, k1, s01);
        }

        s00.Store(scores);
        s01.Store(scores + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyScores2<TElements>(float* q, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        Vector512<float> s00 = Vector512<float>.Zero;
        Vector512<float> s01 = Vector512<float>.Zero;
        Vector512<float> s10 = Vector512<float>.Zero;
        Vector512<float> s11 = Vector512<float>.Zero;
        for (int d = 0; d < headSize; d++)
        {
            Vector512<float> k0 = TElements.Load16(keys, d * BlockTokens);
            Vector512<float> k1 = TElements.Load16(keys, (d * BlockTokens) + 16);
            Vector512<float> q0 = Vector512.Create(q[d]);
            s00 = Vector512.MultiplyAddEstimate(q0, k0, s00);
            s01 = Vector512.MultiplyAddEstimate(q0, k1, s01);
            Vector512<float> q1 = Vector512.Create(q[headSize + d]);
            s10 = Vector512.MultiplyAddEstimate(q1, k0, s10);
            s11 = Vector512.MultiplyAddEstimate(q1, k1, s11);
        }

        s00.Store(scores);
        s01.Store(scores + 16);
        s10.Store(scores + 32);
        s11.Store(scores + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyScores4<TElements>(float* q, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        Vector512<float> s00 = Vector512<float>.Zero;
        Vector512<float> s01 = Vector512<float>.Zero;
        Vector512<float> s10 = Vector512<float>.Zero;
        Vector512<float> s11 = Vector512<float>.Zero;
        Vector512<float> s20 = Vector512<float>.Zero;
        Vector512<float> s21 = Vector512<float>.Zero;
        Vector512<float> s30 = Vector512<float>.Zero;
        Vector512<float> s31 = Vector512<float>.Zero;
        for (int d = 0; d < headSize; d++)
        {
            Vector512<float> k0 = TElements.Load16(keys, d * BlockTokens);
            Vector512<float> k1 = TElements.Load16(keys, (d * BlockTokens) + 16);
            Vector512<float> q0 = Vector512.Create(q[d]);
            s00 = Vector512.MultiplyAddEstimate(q0, k0, s00);
            s01 = Vector512.MultiplyAddEstimate(q0, k1, s01);
            Vector512<float> q1 = Vector512.Create(q[headSize + d]);
            s10 = Vector512.MultiplyAddEstimate(q1, k0, s10);
            s11 = Vector512.MultiplyAddEstimate(q1, k1, s11);
            Vector512<float> q2 = Vector512.Create(q[(2 * headSize) + d]);
            s20 = Vector512.MultiplyAddEstimate(q2, k0, s20);
            s21 = Vector512.MultiplyAddEstimate(q2, k1, s21);
            Vector512<float> q3 = Vector512.Create(q[(3 * headSize) + d]);
            s30 = Vector512.MultiplyAddEstimate(q3, k0, s30);
            s31 = Vector512.MultiplyAddEstimate(q3, k1, s31);
        }

        s00.Store(scores);
        s01.Store(scores + 16);
        s10.Store(scores + 32);
        s11.Store(scores + 48);
        s20.Store(scores + 64);
        s21.Store(scores + 80);
        s30.Store(scores + 96);
        s31.Store(scores + 112);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum1x16<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float correction, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector512<float> s00 = Vector512.Load(y0) * correction;
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TElements.Load16(values, (j * stride) + d);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
        }

        s00.Store(y0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum4x16<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float* corrections, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector512<float> s00 = Vector512.Load(y0) * corrections[0];
        float* y1 = result + stride + d;
        Vector512<float> s10 = Vector512.Load(y1) * corrections[1];
        float* y2 = result + (2 * stride) + d;
        Vector512<float> s20 = Vector512.Load(y2) * corrections[2];
        float* y3 = result + (3 * stride) + d;
        Vector512<float> s30 = Vector512.Load(y3) * corrections[3];
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TElements.Load16(values, (j * stride) + d);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
            Vector512<float> w1 = Vector512.Create(weights[BlockTokens + j]);
            s10 = Vector512.MultiplyAddEstimate(w1, v0, s10);
            Vector512<float> w2 = Vector512.Create(weights[(2 * BlockTokens) + j]);
            s20 = Vector512.MultiplyAddEstimate(w2, v0, s20);
            Vector512<float> w3 = Vector512.Create(weights[(3 * BlockTokens) + j]);
            s30 = Vector512.MultiplyAddEstimate(w3, v0, s30);
        }

        s00.Store(y0);
        s10.Store(y1);
        s20.Store(y2);
        s30.Store(y3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum1x64<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float correction, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector512<float> s00 = Vector512.Load(y0) * correction;
        Vector512<float> s01 = Vector512.Load(y0 + 16) * correction;
        Vector512<float> s02 = Vector512.Load(y0 + 32) * correction;
        Vector512<float> s03 = Vector512.Load(y0 + 48) * correction;
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TElements.Load16(values, (j * stride) + d);
            Vector512<float> v1 = TElements.Load16(values, (j * stride) + d + 16);
            Vector512<float> v2 = TElements.Load16(values, (j * stride) + d + 32);
            Vector512<float> v3 = TElements.Load16(values, (j * stride) + d + 48);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector512.MultiplyAddEstimate(w0, v1, s01);
            s02 = Vector512.MultiplyAddEstimate(w0, v2, s02);
            s03 = Vector512.MultiplyAddEstimate(w0, v3, s03);
        }

        s00.Store(y0);
        s01.Store(y0 + 16);
        s02.Store(y0 + 32);
        s03.Store(y0 + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum4x64<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float* corrections, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector512<float> s00 = Vector512.Load(y0) * corrections[0];
        Vector512<float> s01 = Vector512.Load(y0 + 16) * corrections[0];
        Vector512<float> s02 = Vector512.Load(y0 + 32) * corrections[0];
        Vector512<float> s03 = Vector512.Load(y0 + 48) * corrections[0];
        float* y1 = result + stride + d;
        Vector512<float> s10 = Vector512.Load(y1) * corrections[1];
        Vector512<float> s11 = Vector512.Load(y1 + 16) * corrections[1];
        Vector512<float> s12 = Vector512.Load(y1 + 32) * corrections[1];
        Vector512<float> s13 = Vector512.Load(y1 + 48) * corrections[1];
        float* y2 = result + (2 * stride) + d;
        Vector512<float> s20 = Vector512.Load(y2) * corrections[2];
        Vector512<float> s21 = Vector512.Load(y2 + 16) * corrections[2];
        Vector512<float> s22 = Vector512.Load(y2 + 32) * corrections[2];
        Vector512<float> s23 = Vector512.Load(y2 + 48) * corrections[2];
        float* y3 = result + (3 * stride) + d;
        Vector512<float> s30 = Vector512.Load(y3) * corrections[3];
        Vector512<float> s31 = Vector512.Load(y3 + 16) * corrections[3];
        Vector512<float> s32 = Vector512.Load(y3 + 32) * corrections[3];
        Vector512<float> s33 = Vector512.Load(y3 + 48) * corrections[3];
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TElements.Load16(values, (j * stride) + d);
            Vector512<float> v1 = TElements.Load16(values, (j * stride) + d + 16);
            Vector512<float> v2 = TElements.Load16(values, (j * stride) + d + 32);
            Vector512<float> v3 = TElements.Load16(values, (j * stride) + d + 48);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector512.MultiplyAddEstimate(w0, v1, s01);
            s02 = Vector512.MultiplyAddEstimate(w0, v2, s02);
            s03 = Vector512.MultiplyAddEstimate(w0, v3, s03);
            Vector512<float> w1 = Vector512.Create(weights[BlockTokens + j]);
            s10 = Vector512.MultiplyAddEstimate(w1, v0, s10);
            s11 = Vector512.MultiplyAddEstimate(w1, v1, s11);
            s12 = Vector512.MultiplyAddEstimate(w1, v2, s12);
            s13 = Vector512.MultiplyAddEstimate(w1, v3, s13);
            Vector512<float> w2 = Vector512.Create(weights[(2 * BlockTokens) + j]);
            s20 = Vector512.MultiplyAddEstimate(w2, v0, s20);
            s21 = Vector512.MultiplyAddEstimate(w2, v1, s21);
            s22 = Vector512.MultiplyAddEstimate(w2, v2, s22);
            s23 = Vector512.MultiplyAddEstimate(w2, v3, s23);
            Vector512<float> w3 = Vector512.Create(weights[(3 * BlockTokens) + j]);
            s30 = Vector512.MultiplyAddEstimate(w3, v0, s30);
            s31 = Vector512.MultiplyAddEstimate(w3, v1, s31);
            s32 = Vector512.MultiplyAddEstimate(w3, v2, s32);
            s33 = Vector512.MultiplyAddEstimate(w3, v3, s33);
        }

        s00.Store(y0);
        s01.Store(y0 + 16);
        s02.Store(y0 + 32);
        s03.Store(y0 + 48);
        s10.Store(y1);
        s11.Store(y1 + 16);
        s12.Store(y1 + 32);
        s13.Store(y1 + 48);
        s20.Store(y2);
        s21.Store(y2 + 16);
        s22.Store(y2 + 32);
        s23.Store(y2 + 48);
        s30.Store(y3);
        s31.Store(y3 + 16);
        s32.Store(y3 + 32);
        s33.Store(y3 + 48);
    }

    private static float Largest(Vector512<float> x)
    {
        Vector256<float> y = Vector256.Max(x.GetLower(), x.GetUpper());
        Vector128<float> z = Vector128.Max(y.GetLower(), y.GetUpper());
        z = Vector128.Max(z, Vector128.Shuffle(z, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(z, Vector128.Shuffle(z, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
