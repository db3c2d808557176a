using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Eight rows at a time, the heads of a group that decode together: each widened half serves eight multiplications.
internal static unsafe partial class Avx512Kernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyScores8<TElements>(float* q, void* keys, int headSize, float* scores)
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
        Vector512<float> s40 = Vector512<float>.Zero;
        Vector512<float> s41 = Vector512<float>.Zero;
        Vector512<float> s50 = Vector512<float>.Zero;
        Vector512<float> s51 = Vector512<float>.Zero;
        Vector512<float> s60 = Vector512<float>.Zero;
        Vector512<float> s61 = Vector512<float>.Zero;
        Vector512<float> s70 = Vector512<float>.Zero;
        Vector512<float> s71 = Vector512<float>.Zero;
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
            Vector512<float> q4 = Vector512.Create(q[(4 * headSize) + d]);
            s40 = Vector512.MultiplyAddEstimate(q4, k0, s40);
            s41 = Vector512.MultiplyAddEstimate(q4, k1, s41);
            Vector512<float> q5 = Vector512.Create(q[(5 * headSize) + d]);
            s50 = Vector512.MultiplyAddEstimate(q5, k0, s50);
            s51 = Vector512.MultiplyAddEstimate(q5, k1, s51);
            Vector512<float> q6 = Vector512.Create(q[(6 * headSize) + d]);
            s60 = Vector512.MultiplyAddEstimate(q6, k0, s60);
            s61 = Vector512.MultiplyAddEstimate(q6, k1, s61);
            Vector512<float> q7 = Vector512.Create(q[(7 * headSize) + d]);
            s70 = Vector512.MultiplyAddEstimate(q7, k0, s70);
            s71 = Vector512.MultiplyAddEstimate(q7, k1, s71);
        }

        s00.Store(scores);
        s01.Store(scores + 16);
        s10.Store(scores + 32);
        s11.Store(scores + 48);
        s20.Store(scores + 64);
        s21.Store(scores + 80);
        s30.Store(scores + 96);
        s31.Store(scores + 112);
        s40.Store(scores + 128);
        s41.Store(scores + 144);
        s50.Store(scores + 160);
        s51.Store(scores + 176);
        s60.Store(scores + 192);
        s61.Store(scores + 208);
        s70.Store(scores + 224);
        s71.Store(scores + 240);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueSum8x32<TElements>(
        float* weights, void* values, int first, int end, int stride, int d, float* corrections, float* result)
        where TElements : ICacheElements
    {
        float* y0 = result + d;
        Vector512<float> s00 = Vector512.Load(y0) * corrections[0];
        Vector512<float> s01 = Vector512.Load(y0 + 16) * corrections[0];
        float* y1 = result + stride + d;
        Vector512<float> s10 = Vector512.Load(y1) * corrections[1];
        Vector512<float> s11 = Vector512.Load(y1 + 16) * corrections[1];
        float* y2 = result + (2 * stride) + d;
        Vector512<float> s20 = Vector512.Load(y2) * corrections[2];
        Vector512<float> s21 = Vector512.Load(y2 + 16) * corrections[2];
        float* y3 = result + (3 * stride) + d;
        Vector512<float> s30 = Vector512.Load(y3) * corrections[3];
        Vector512<float> s31 = Vector512.Load(y3 + 16) * corrections[3];
        float* y4 = result + (4 * stride) + d;
        Vector512<float> s40 = Vector512.Load(y4) * corrections[4];
        Vector512<float> s41 = Vector512.Load(y4 + 16) * corrections[4];
        float* y5 = result + (5 * stride) + d;
        Vector512<float> s50 = Vector512.Load(y5) * corrections[5];
        Vector512<float> s51 = Vector512.Load(y5 + 16) * corrections[5];
        float* y6 = result + (6 * stride) + d;
        Vector512<float> s60 = Vector512.Load(y6) * corrections[6];
        Vector512<float> s61 = Vector512.Load(y6 + 16) * corrections[6];
        float* y7 = result + (7 * stride) + d;
        Vector512<float> s70 = Vector512.Load(y7) * corrections[7];
        Vector512<float> s71 = Vector512.Load(y7 + 16) * corrections[7];
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TElements.Load16(values, (j * stride) + d);
            Vector512<float> v1 = TElements.Load16(values, (j * stride) + d + 16);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector512.MultiplyAddEstimate(w0, v1, s01);
            Vector512<float> w1 = Vector512.Create(weights[BlockTokens + j]);
            s10 = Vector512.MultiplyAddEstimate(w1, v0, s10);
            s11 = Vector512.MultiplyAddEstimate(w1, v1, s11);
            Vector512<float> w2 = Vector512.Create(weights[(2 * BlockTokens) + j]);
            s20 = Vector512.MultiplyAddEstimate(w2, v0, s20);
            s21 = Vector512.MultiplyAddEstimate(w2, v1, s21);
            Vector512<float> w3 = Vector512.Create(weights[(3 * BlockTokens) + j]);
            s30 = Vector512.MultiplyAddEstimate(w3, v0, s30);
            s31 = Vector512.MultiplyAddEstimate(w3, v1, s31);
            Vector512<float> w4 = Vector512.Create(weights[(4 * BlockTokens) + j]);
            s40 = Vector512.MultiplyAddEstimate(w4, v0, s40);
            s41 = Vector512.MultiplyAddEstimate(w4, v1, s41);
            Vector512<float> w5 = Vector512.Create(weights[(5 * BlockTokens) + j]);
            s50 = Vector512.MultiplyAddEstimate(w5, v0, s50);
            s51 = Vector512.MultiplyAddEstimate(w5, v1, s51);
            Vector512<float> w6 = Vector512.Create(weights[(6 * BlockTokens) + j]);
            s60 = Vector512.MultiplyAddEstimate(w6, v0, s60);
            s61 = Vector512.MultiplyAddEstimate(w6, v1, s61);
            Vector512<float> w7 = Vector512.Create(weights[(7 * BlockTokens) + j]);
            s70 = Vector512.MultiplyAddEstimate(w7, v0, s70);
            s71 = Vector512.MultiplyAddEstimate(w7, v1, s71);
        }

        s00.Store(y0);
        s01.Store(y0 + 16);
        s10.Store(y1);
        s11.Store(y1 + 16);
        s20.Store(y2);
        s21.Store(y2 + 16);
        s30.Store(y3);
        s31.Store(y3 + 16);
        s40.Store(y4);
        s41.Store(y4 + 16);
        s50.Store(y5);
        s51.Store(y5 + 16);
        s60.Store(y6);
        s61.Store(y6 + 16);
        s70.Store(y7);
        s71.Store(y7 + 16);
    }
}
