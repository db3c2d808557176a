using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Weighted sums of codes: see the delegate for shapes and order. Two rows at a time share each unpacked code.
internal static unsafe partial class Avx512Kernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CodeSum<TCodes>(
        float* weights, int rowCount, void* codes, int first, int end, int stride, int width, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        int row = 0;
        for (; row <= rowCount - 2; row += 2)
        {
            float* w = weights + (row * BlockTokens);
            float* y = result + (row * stride);
            int d = 0;
            for (; d <= width - 64; d += 64)
            {
                CodeSum2x64<TCodes>(w, codes, first, end, stride, d, corrections + row, biases + row, y);
            }

            for (; d <= width - 32; d += 32)
            {
                CodeSum2x32<TCodes>(w, codes, first, end, stride, d, corrections + row, biases + row, y);
            }

            if (d < width)
            {
                CodeSum2x16<TCodes>(w, codes, first, end, stride, d, corrections + row, biases + row, y);
            }
        }

        if (row < rowCount)
        {
            float* w = weights + (row * BlockTokens);
            float* y = result + (row * stride);
            int d = 0;
            for (; d <= width - 64; d += 64)
            {
                CodeSum1x64<TCodes>(w, codes, first, end, stride, d, corrections + row, biases + row, y);
            }

            for (; d < width; d += 16)
            {
                CodeSum1x16<TCodes>(w, codes, first, end, stride, d, corrections + row, biases + row, y);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CodeSum1x16<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector512<float> c0 = Vector512.Create(corrections[0]);
        Vector512<float> b0 = Vector512.Create(biases[0]);
        Vector512<float> s00 = Vector512.MultiplyAddEstimate(Vector512.Load(y0), c0, b0);
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TCodes.Load16(codes, (j * stride) + d);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
        }

        s00.Store(y0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CodeSum1x64<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector512<float> c0 = Vector512.Create(corrections[0]);
        Vector512<float> b0 = Vector512.Create(biases[0]);
        Vector512<float> s00 = Vector512.MultiplyAddEstimate(Vector512.Load(y0), c0, b0);
        Vector512<float> s01 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 16), c0, b0);
        Vector512<float> s02 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 32), c0, b0);
        Vector512<float> s03 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 48), c0, b0);
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TCodes.Load16(codes, (j * stride) + d);
            Vector512<float> v1 = TCodes.Load16(codes, (j * stride) + d + 16);
            Vector512<float> v2 = TCodes.Load16(codes, (j * stride) + d + 32);
            Vector512<float> v3 = TCodes.Load16(codes, (j * stride) + d + 48);
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
    private static void CodeSum2x16<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector512<float> c0 = Vector512.Create(corrections[0]);
        Vector512<float> b0 = Vector512.Create(biases[0]);
        Vector512<float> s00 = Vector512.MultiplyAddEstimate(Vector512.Load(y0), c0, b0);
        float* y1 = result + stride + d;
        Vector512<float> c1 = Vector512.Create(corrections[1]);
        Vector512<float> b1 = Vector512.Create(biases[1]);
        Vector512<float> s10 = Vector512.MultiplyAddEstimate(Vector512.Load(y1), c1, b1);
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TCodes.Load16(codes, (j * stride) + d);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
            Vector512<float> w1 = Vector512.Create(weights[BlockTokens + j]);
            s10 = Vector512.MultiplyAddEstimate(w1, v0, s10);
        }

        s00.Store(y0);
        s10.Store(y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CodeSum2x32<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector512<float> c0 = Vector512.Create(corrections[0]);
        Vector512<float> b0 = Vector512.Create(biases[0]);
        Vector512<float> s00 = Vector512.MultiplyAddEstimate(Vector512.Load(y0), c0, b0);
        Vector512<float> s01 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 16), c0, b0);
        float* y1 = result + stride + d;
        Vector512<float> c1 = Vector512.Create(corrections[1]);
        Vector512<float> b1 = Vector512.Create(biases[1]);
        Vector512<float> s10 = Vector512.MultiplyAddEstimate(Vector512.Load(y1), c1, b1);
        Vector512<float> s11 = Vector512.MultiplyAddEstimate(Vector512.Load(y1 + 16), c1, b1);
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TCodes.Load16(codes, (j * stride) + d);
            Vector512<float> v1 = TCodes.Load16(codes, (j * stride) + d + 16);
            Vector512<float> w0 = Vector512.Create(weights[j]);
            s00 = Vector512.MultiplyAddEstimate(w0, v0, s00);
            s01 = Vector512.MultiplyAddEstimate(w0, v1, s01);
            Vector512<float> w1 = Vector512.Create(weights[BlockTokens + j]);
            s10 = Vector512.MultiplyAddEstimate(w1, v0, s10);
            s11 = Vector512.MultiplyAddEstimate(w1, v1, s11);
        }

        s00.Store(y0);
        s01.Store(y0 + 16);
        s10.Store(y1);
        s11.Store(y1 + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CodeSum2x64<TCodes>(
        float* weights, void* codes, int first, int end, int stride, int d, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        float* y0 = result + d;
        Vector512<float> c0 = Vector512.Create(corrections[0]);
        Vector512<float> b0 = Vector512.Create(biases[0]);
        Vector512<float> s00 = Vector512.MultiplyAddEstimate(Vector512.Load(y0), c0, b0);
        Vector512<float> s01 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 16), c0, b0);
        Vector512<float> s02 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 32), c0, b0);
        Vector512<float> s03 = Vector512.MultiplyAddEstimate(Vector512.Load(y0 + 48), c0, b0);
        float* y1 = result + stride + d;
        Vector512<float> c1 = Vector512.Create(corrections[1]);
        Vector512<float> b1 = Vector512.Create(biases[1]);
        Vector512<float> s10 = Vector512.MultiplyAddEstimate(Vector512.Load(y1), c1, b1);
        Vector512<float> s11 = Vector512.MultiplyAddEstimate(Vector512.Load(y1 + 16), c1, b1);
        Vector512<float> s12 = Vector512.MultiplyAddEstimate(Vector512.Load(y1 + 32), c1, b1);
        Vector512<float> s13 = Vector512.MultiplyAddEstimate(Vector512.Load(y1 + 48), c1, b1);
        for (int j = first; j < end; j++)
        {
            Vector512<float> v0 = TCodes.Load16(codes, (j * stride) + d);
            Vector512<float> v1 = TCodes.Load16(codes, (j * stride) + d + 16);
            Vector512<float> v2 = TCodes.Load16(codes, (j * stride) + d + 32);
            Vector512<float> v3 = TCodes.Load16(codes, (j * stride) + d + 48);
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
        }

        s00.Store(y0);
        s01.Store(y0 + 16);
        s02.Store(y0 + 32);
        s03.Store(y0 + 48);
        s10.Store(y1);
        s11.Store(y1 + 16);
        s12.Store(y1 + 32);
        s13.Store(y1 + 48);
    }
}
