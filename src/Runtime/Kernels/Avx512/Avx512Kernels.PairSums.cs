using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// Weighted sums of paired codes: see the delegate for shapes and order. A short tile computes its last row more than once and stores it once.
internal static unsafe partial class Avx512Kernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairSums<TCodes>(
        short* weights, int rowCount, byte* codes, int chunkCount, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        for (int row = 0; row < rowCount; row += 8)
        {
            int last = Math.Min(8, rowCount - row) - 1;
            short* w = weights + (row * BlockTokens);
            float* y = result + (row * stride);
            int chunk = 0;
            for (; chunk <= chunkCount - 2; chunk += 2)
            {
                if (last >= 4)
                {
                    PairSums8x32<TCodes>(w, last, codes + (chunk * 64 * TCodes.Bits), stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                }
                else if (last > 0)
                {
                    PairSums4x32<TCodes>(w, last, codes + (chunk * 64 * TCodes.Bits), stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                }
                else
                {
                    PairSums1x32<TCodes>(w, codes + (chunk * 64 * TCodes.Bits), stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                }
            }

            if (chunk < chunkCount)
            {
                if (last > 0)
                {
                    PairSums8x16<TCodes>(w, last, codes + (chunk * 64 * TCodes.Bits), stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                }
                else
                {
                    PairSums1x16<TCodes>(w, codes + (chunk * 64 * TCodes.Bits), stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums1x32<TCodes>(
        short* weights, byte* codes, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        short* w0 = weights;
        Vector512<int> s00 = Vector512<int>.Zero;
        Vector512<int> s01 = Vector512<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, out Vector512<short> v00, out Vector512<short> v10, out Vector512<short> v20, out Vector512<short> v30);
            TCodes.Load4(source + (64 * TCodes.Bits), out Vector512<short> v01, out Vector512<short> v11, out Vector512<short> v21, out Vector512<short> v31);
            Vector512<short> x = Vector512.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v31, x);
        }

        StoreSums(s00, rowScales[0], corrections[0], biases[0], result);
        StoreSums(s01, rowScales[0], corrections[0], biases[0], result + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums4x32<TCodes>(
        short* weights, int last, byte* codes, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        short* w0 = weights;
        short* w1 = weights + (r1 * BlockTokens);
        short* w2 = weights + (r2 * BlockTokens);
        short* w3 = weights + (r3 * BlockTokens);
        Vector512<int> s00 = Vector512<int>.Zero;
        Vector512<int> s01 = Vector512<int>.Zero;
        Vector512<int> s10 = Vector512<int>.Zero;
        Vector512<int> s11 = Vector512<int>.Zero;
        Vector512<int> s20 = Vector512<int>.Zero;
        Vector512<int> s21 = Vector512<int>.Zero;
        Vector512<int> s30 = Vector512<int>.Zero;
        Vector512<int> s31 = Vector512<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, out Vector512<short> v00, out Vector512<short> v10, out Vector512<short> v20, out Vector512<short> v30);
            TCodes.Load4(source + (64 * TCodes.Bits), out Vector512<short> v01, out Vector512<short> v11, out Vector512<short> v21, out Vector512<short> v31);
            Vector512<short> x = Vector512.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8))).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 2)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 4)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 6)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8))).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 2)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 4)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 6)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8))).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 2)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 4)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 6)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v31, x);
        }

        StoreSums(s00, rowScales[0], corrections[0], biases[0], result);
        StoreSums(s01, rowScales[0], corrections[0], biases[0], result + 16);

        if (last >= 1)
        {
            StoreSums(s10, rowScales[1], corrections[1], biases[1], result + stride);
            StoreSums(s11, rowScales[1], corrections[1], biases[1], result + stride + 16);
        }

        if (last >= 2)
        {
            StoreSums(s20, rowScales[2], corrections[2], biases[2], result + (2 * stride));
            StoreSums(s21, rowScales[2], corrections[2], biases[2], result + (2 * stride) + 16);
        }

        if (last >= 3)
        {
            StoreSums(s30, rowScales[3], corrections[3], biases[3], result + (3 * stride));
            StoreSums(s31, rowScales[3], corrections[3], biases[3], result + (3 * stride) + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums8x32<TCodes>(
        short* weights, int last, byte* codes, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        int r4 = Math.Min(4, last);
        int r5 = Math.Min(5, last);
        int r6 = Math.Min(6, last);
        int r7 = Math.Min(7, last);
        short* w0 = weights;
        short* w1 = weights + (r1 * BlockTokens);
        short* w2 = weights + (r2 * BlockTokens);
        short* w3 = weights + (r3 * BlockTokens);
        short* w4 = weights + (r4 * BlockTokens);
        short* w5 = weights + (r5 * BlockTokens);
        short* w6 = weights + (r6 * BlockTokens);
        short* w7 = weights + (r7 * BlockTokens);
        Vector512<int> s00 = Vector512<int>.Zero;
        Vector512<int> s01 = Vector512<int>.Zero;
        Vector512<int> s10 = Vector512<int>.Zero;
        Vector512<int> s11 = Vector512<int>.Zero;
        Vector512<int> s20 = Vector512<int>.Zero;
        Vector512<int> s21 = Vector512<int>.Zero;
        Vector512<int> s30 = Vector512<int>.Zero;
        Vector512<int> s31 = Vector512<int>.Zero;
        Vector512<int> s40 = Vector512<int>.Zero;
        Vector512<int> s41 = Vector512<int>.Zero;
        Vector512<int> s50 = Vector512<int>.Zero;
        Vector512<int> s51 = Vector512<int>.Zero;
        Vector512<int> s60 = Vector512<int>.Zero;
        Vector512<int> s61 = Vector512<int>.Zero;
        Vector512<int> s70 = Vector512<int>.Zero;
        Vector512<int> s71 = Vector512<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, out Vector512<short> v00, out Vector512<short> v10, out Vector512<short> v20, out Vector512<short> v30);
            TCodes.Load4(source + (64 * TCodes.Bits), out Vector512<short> v01, out Vector512<short> v11, out Vector512<short> v21, out Vector512<short> v31);
            Vector512<short> x = Vector512.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8))).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 2)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 4)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 6)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8))).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 2)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 4)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 6)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8))).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 2)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 4)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 6)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8))).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s41 = s41 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8) + 2)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s41 = s41 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8) + 4)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s41 = s41 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8) + 6)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s41 = s41 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8))).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s51 = s51 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8) + 2)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s51 = s51 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8) + 4)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s51 = s51 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8) + 6)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s51 = s51 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8))).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s61 = s61 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8) + 2)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s61 = s61 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8) + 4)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s61 = s61 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8) + 6)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s61 = s61 + Avx512BW.MultiplyAddAdjacent(v31, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8))).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v00, x);
            s71 = s71 + Avx512BW.MultiplyAddAdjacent(v01, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8) + 2)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v10, x);
            s71 = s71 + Avx512BW.MultiplyAddAdjacent(v11, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8) + 4)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v20, x);
            s71 = s71 + Avx512BW.MultiplyAddAdjacent(v21, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8) + 6)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v30, x);
            s71 = s71 + Avx512BW.MultiplyAddAdjacent(v31, x);
        }

        StoreSums(s00, rowScales[0], corrections[0], biases[0], result);
        StoreSums(s01, rowScales[0], corrections[0], biases[0], result + 16);

        if (last >= 1)
        {
            StoreSums(s10, rowScales[1], corrections[1], biases[1], result + stride);
            StoreSums(s11, rowScales[1], corrections[1], biases[1], result + stride + 16);
        }

        if (last >= 2)
        {
            StoreSums(s20, rowScales[2], corrections[2], biases[2], result + (2 * stride));
            StoreSums(s21, rowScales[2], corrections[2], biases[2], result + (2 * stride) + 16);
        }

        if (last >= 3)
        {
            StoreSums(s30, rowScales[3], corrections[3], biases[3], result + (3 * stride));
            StoreSums(s31, rowScales[3], corrections[3], biases[3], result + (3 * stride) + 16);
        }

        if (last >= 4)
        {
            StoreSums(s40, rowScales[4], corrections[4], biases[4], result + (4 * stride));
            StoreSums(s41, rowScales[4], corrections[4], biases[4], result + (4 * stride) + 16);
        }

        if (last >= 5)
        {
            StoreSums(s50, rowScales[5], corrections[5], biases[5], result + (5 * stride));
            StoreSums(s51, rowScales[5], corrections[5], biases[5], result + (5 * stride) + 16);
        }

        if (last >= 6)
        {
            StoreSums(s60, rowScales[6], corrections[6], biases[6], result + (6 * stride));
            StoreSums(s61, rowScales[6], corrections[6], biases[6], result + (6 * stride) + 16);
        }

        if (last >= 7)
        {
            StoreSums(s70, rowScales[7], corrections[7], biases[7], result + (7 * stride));
            StoreSums(s71, rowScales[7], corrections[7], biases[7], result + (7 * stride) + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums1x16<TCodes>(
        short* weights, byte* codes, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        short* w0 = weights;
        Vector512<int> s00 = Vector512<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, out Vector512<short> v00, out Vector512<short> v10, out Vector512<short> v20, out Vector512<short> v30);
            Vector512<short> x = Vector512.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v30, x);
        }

        StoreSums(s00, rowScales[0], corrections[0], biases[0], result);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums8x16<TCodes>(
        short* weights, int last, byte* codes, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        int r4 = Math.Min(4, last);
        int r5 = Math.Min(5, last);
        int r6 = Math.Min(6, last);
        int r7 = Math.Min(7, last);
        short* w0 = weights;
        short* w1 = weights + (r1 * BlockTokens);
        short* w2 = weights + (r2 * BlockTokens);
        short* w3 = weights + (r3 * BlockTokens);
        short* w4 = weights + (r4 * BlockTokens);
        short* w5 = weights + (r5 * BlockTokens);
        short* w6 = weights + (r6 * BlockTokens);
        short* w7 = weights + (r7 * BlockTokens);
        Vector512<int> s00 = Vector512<int>.Zero;
        Vector512<int> s10 = Vector512<int>.Zero;
        Vector512<int> s20 = Vector512<int>.Zero;
        Vector512<int> s30 = Vector512<int>.Zero;
        Vector512<int> s40 = Vector512<int>.Zero;
        Vector512<int> s50 = Vector512<int>.Zero;
        Vector512<int> s60 = Vector512<int>.Zero;
        Vector512<int> s70 = Vector512<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, out Vector512<short> v00, out Vector512<short> v10, out Vector512<short> v20, out Vector512<short> v30);
            Vector512<short> x = Vector512.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8))).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 2)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 4)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w1 + (step * 8) + 6)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8))).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 2)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 4)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w2 + (step * 8) + 6)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8))).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 2)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 4)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w3 + (step * 8) + 6)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8))).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8) + 2)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8) + 4)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w4 + (step * 8) + 6)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8))).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8) + 2)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8) + 4)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w5 + (step * 8) + 6)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8))).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8) + 2)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8) + 4)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w6 + (step * 8) + 6)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(v30, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8))).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v00, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8) + 2)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v10, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8) + 4)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v20, x);
            x = Vector512.Create(*(int*)(w7 + (step * 8) + 6)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(v30, x);
        }

        StoreSums(s00, rowScales[0], corrections[0], biases[0], result);

        if (last >= 1)
        {
            StoreSums(s10, rowScales[1], corrections[1], biases[1], result + stride);
        }

        if (last >= 2)
        {
            StoreSums(s20, rowScales[2], corrections[2], biases[2], result + (2 * stride));
        }

        if (last >= 3)
        {
            StoreSums(s30, rowScales[3], corrections[3], biases[3], result + (3 * stride));
        }

        if (last >= 4)
        {
            StoreSums(s40, rowScales[4], corrections[4], biases[4], result + (4 * stride));
        }

        if (last >= 5)
        {
            StoreSums(s50, rowScales[5], corrections[5], biases[5], result + (5 * stride));
        }

        if (last >= 6)
        {
            StoreSums(s60, rowScales[6], corrections[6], biases[6], result + (6 * stride));
        }

        if (last >= 7)
        {
            StoreSums(s70, rowScales[7], corrections[7], biases[7], result + (7 * stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(Vector512<int> sums, float rowScale, float correction, float bias, float* result)
    {
        Vector512<float> before = Vector512.MultiplyAddEstimate(Vector512.Load(result), Vector512.Create(correction), Vector512.Create(bias));
        Vector512.MultiplyAddEstimate(Vector512.ConvertToSingle(sums), Vector512.Create(rowScale), before).Store(result);
    }
}
