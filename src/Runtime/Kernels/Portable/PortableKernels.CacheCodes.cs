using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// What attention over codes adds to attention over floats: see the delegates.
internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CodeSum<TCodes>(
        float* weights, int rowCount, void* codes, int first, int end, int stride, int width, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        int row = 0;
        for (; row <= rowCount - 2; row += 2)
        {
            for (int d = 0; d < width; d += 16)
            {
                CodeSum2x16<TCodes>(
                    weights + (row * BlockTokens), codes, first, end, stride, d, corrections + row, biases + row, result + (row * stride));
            }
        }

        if (row < rowCount)
        {
            for (int d = 0; d < width; d += 16)
            {
                CodeSum1x16<TCodes>(
                    weights + (row * BlockTokens), codes, first, end, stride, d, corrections[row], biases[row], result + (row * stride));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float FoldScales(float* x, float* scales, float* minima, float* folded, int count)
    {
        Vector256<float> sums = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<float> value = Vector256.Load(x + i);
            (value * Vector256.Load(scales + i)).Store(folded + i);
            sums = Vector256.MultiplyAddEstimate(value, Vector256.Load(minima + i), sums);
        }

        return Vector256.Sum(sums) + ScalarKernels.FoldScales(x + i, scales + i, minima + i, folded + i, count - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleScores(float* scores, float* scales, float* minima, float querySum)
    {
        for (int j = 0; j < BlockTokens; j += 8)
        {
            Vector256.MultiplyAddEstimate(Vector256.Load(scales + j), Vector256.Load(scores + j), Vector256.Load(minima + j) * querySum).Store(scores + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumRow(float* x, int count)
    {
        Vector256<float> sums = Vector256<float>.Zero;
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            sums += Vector256.Load(x + i);
        }

        return Vector256.Sum(sums) + ScalarKernels.SumRow(x + i, count - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CodeSum1x16<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float correction, float bias, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector256<float> s00 = Vector256.MultiplyAddEstimate(Vector256.Load(y0), Vector256.Create(correction), Vector256.Create(bias));
        Vector256<float> s01 = Vector256.MultiplyAddEstimate(Vector256.Load(y0 + 8), Vector256.Create(correction), Vector256.Create(bias));
        for (int j = first; j < end; j++)
        {
            Vector256<float> v0 = TCodes.Load8(codes, (j * stride) + d);
            Vector256<float> v1 = TCodes.Load8(codes, (j * stride) + d + 8);
            Vector256<float> w0 = Vector256.Create(weights[j]);
            s00 = Vector256.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector256.MultiplyAddEstimate(w0, v1, s01);
        }

        s00.Store(y0);
        s01.Store(y0 + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CodeSum2x16<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector256<float> s00 = Vector256.MultiplyAddEstimate(Vector256.Load(y0), Vector256.Create(corrections[0]), Vector256.Create(biases[0]));
        Vector256<float> s01 = Vector256.MultiplyAddEstimate(Vector256.Load(y0 + 8), Vector256.Create(corrections[0]), Vector256.Create(biases[0]));
        float* y1 = result + stride + d;
        Vector256<float> s10 = Vector256.MultiplyAddEstimate(Vector256.Load(y1), Vector256.Create(corrections[1]), Vector256.Create(biases[1]));
        Vector256<float> s11 = Vector256.MultiplyAddEstimate(Vector256.Load(y1 + 8), Vector256.Create(corrections[1]), Vector256.Create(biases[1]));
        for (int j = first; j < end; j++)
        {
            Vector256<float> v0 = TCodes.Load8(codes, (j * stride) + d);
            Vector256<float> v1 = TCodes.Load8(codes, (j * stride) + d + 8);
            Vector256<float> w0 = Vector256.Create(weights[j]);
            s00 = Vector256.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector256.MultiplyAddEstimate(w0, v1, s01);
            Vector256<float> w1 = Vector256.Create(weights[BlockTokens + j]);
            s10 = Vector256.MultiplyAddEstimate(w1, v0, s10);
            s11 = Vector256.MultiplyAddEstimate(w1, v1, s11);
        }

        s00.Store(y0);
        s01.Store(y0 + 8);
        s10.Store(y1);
        s11.Store(y1 + 8);
    }
}
