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
            s00 = AddUnits(s00, w0 + (step * 8), v00, v10, v20, v30);
            s01 = AddUnits(s01, w0 + (step * 8), v01, v11, v21, v31);
        }

        StoreSums(s00, 0, 0, rowScales, corrections, biases, result);
        StoreSums(s01, 0, 0, rowScales, corrections, biases, result + 16);
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
            s00 = AddUnits(s00, w0 + (step * 8), v00, v10, v20, v30);
            s01 = AddUnits(s01, w0 + (step * 8), v01, v11, v21, v31);
            s10 = AddUnits(s10, w1 + (step * 8), v00, v10, v20, v30);
            s11 = AddUnits(s11, w1 + (step * 8), v01, v11, v21, v31);
            s20 = AddUnits(s20, w2 + (step * 8), v00, v10, v20, v30);
            s21 = AddUnits(s21, w2 + (step * 8), v01, v11, v21, v31);
            s30 = AddUnits(s30, w3 + (step * 8), v00, v10, v20, v30);
            s31 = AddUnits(s31, w3 + (step * 8), v01, v11, v21, v31);
        }

        StoreSums(s00, 0, last, rowScales, corrections, biases, result);
        StoreSums(s01, 0, last, rowScales, corrections, biases, result + 16);
        StoreSums(s10, 1, last, rowScales, corrections, biases, result + stride);
        StoreSums(s11, 1, last, rowScales, corrections, biases, result + stride + 16);
        StoreSums(s20, 2, last, rowScales, corrections, biases, result + (2 * stride));
        StoreSums(s21, 2, last, rowScales, corrections, biases, result + (2 * stride) + 16);
        StoreSums(s30, 3, last, rowScales, corrections, biases, result + (3 * stride));
        StoreSums(s31, 3, last, rowScales, corrections, biases, result + (3 * stride) + 16);
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
            s00 = AddUnits(s00, w0 + (step * 8), v00, v10, v20, v30);
            s01 = AddUnits(s01, w0 + (step * 8), v01, v11, v21, v31);
            s10 = AddUnits(s10, w1 + (step * 8), v00, v10, v20, v30);
            s11 = AddUnits(s11, w1 + (step * 8), v01, v11, v21, v31);
            s20 = AddUnits(s20, w2 + (step * 8), v00, v10, v20, v30);
            s21 = AddUnits(s21, w2 + (step * 8), v01, v11, v21, v31);
            s30 = AddUnits(s30, w3 + (step * 8), v00, v10, v20, v30);
            s31 = AddUnits(s31, w3 + (step * 8), v01, v11, v21, v31);
            s40 = AddUnits(s40, w4 + (step * 8), v00, v10, v20, v30);
            s41 = AddUnits(s41, w4 + (step * 8), v01, v11, v21, v31);
            s50 = AddUnits(s50, w5 + (step * 8), v00, v10, v20, v30);
            s51 = AddUnits(s51, w5 + (step * 8), v01, v11, v21, v31);
            s60 = AddUnits(s60, w6 + (step * 8), v00, v10, v20, v30);
            s61 = AddUnits(s61, w6 + (step * 8), v01, v11, v21, v31);
            s70 = AddUnits(s70, w7 + (step * 8), v00, v10, v20, v30);
            s71 = AddUnits(s71, w7 + (step * 8), v01, v11, v21, v31);
        }

        StoreSums(s00, 0, last, rowScales, corrections, biases, result);
        StoreSums(s01, 0, last, rowScales, corrections, biases, result + 16);
        StoreSums(s10, 1, last, rowScales, corrections, biases, result + stride);
        StoreSums(s11, 1, last, rowScales, corrections, biases, result + stride + 16);
        StoreSums(s20, 2, last, rowScales, corrections, biases, result + (2 * stride));
        StoreSums(s21, 2, last, rowScales, corrections, biases, result + (2 * stride) + 16);
        StoreSums(s30, 3, last, rowScales, corrections, biases, result + (3 * stride));
        StoreSums(s31, 3, last, rowScales, corrections, biases, result + (3 * stride) + 16);
        StoreSums(s40, 4, last, rowScales, corrections, biases, result + (4 * stride));
        StoreSums(s41, 4, last, rowScales, corrections, biases, result + (4 * stride) + 16);
        StoreSums(s50, 5, last, rowScales, corrections, biases, result + (5 * stride));
        StoreSums(s51, 5, last, rowScales, corrections, biases, result + (5 * stride) + 16);
        StoreSums(s60, 6, last, rowScales, corrections, biases, result + (6 * stride));
        StoreSums(s61, 6, last, rowScales, corrections, biases, result + (6 * stride) + 16);
        StoreSums(s70, 7, last, rowScales, corrections, biases, result + (7 * stride));
        StoreSums(s71, 7, last, rowScales, corrections, biases, result + (7 * stride) + 16);
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
            s00 = AddUnits(s00, w0 + (step * 8), v00, v10, v20, v30);
        }

        StoreSums(s00, 0, 0, rowScales, corrections, biases, result);
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
            s00 = AddUnits(s00, w0 + (step * 8), v00, v10, v20, v30);
            s10 = AddUnits(s10, w1 + (step * 8), v00, v10, v20, v30);
            s20 = AddUnits(s20, w2 + (step * 8), v00, v10, v20, v30);
            s30 = AddUnits(s30, w3 + (step * 8), v00, v10, v20, v30);
            s40 = AddUnits(s40, w4 + (step * 8), v00, v10, v20, v30);
            s50 = AddUnits(s50, w5 + (step * 8), v00, v10, v20, v30);
            s60 = AddUnits(s60, w6 + (step * 8), v00, v10, v20, v30);
            s70 = AddUnits(s70, w7 + (step * 8), v00, v10, v20, v30);
        }

        StoreSums(s00, 0, last, rowScales, corrections, biases, result);
        StoreSums(s10, 1, last, rowScales, corrections, biases, result + stride);
        StoreSums(s20, 2, last, rowScales, corrections, biases, result + (2 * stride));
        StoreSums(s30, 3, last, rowScales, corrections, biases, result + (3 * stride));
        StoreSums(s40, 4, last, rowScales, corrections, biases, result + (4 * stride));
        StoreSums(s50, 5, last, rowScales, corrections, biases, result + (5 * stride));
        StoreSums(s60, 6, last, rowScales, corrections, biases, result + (6 * stride));
        StoreSums(s70, 7, last, rowScales, corrections, biases, result + (7 * stride));
    }

    // What one row's weights of eight tokens add to a chunk: a pair of weights on every lane for each unit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> AddUnits(
        Vector512<int> sum, short* weights, Vector512<short> v0, Vector512<short> v1, Vector512<short> v2, Vector512<short> v3)
    {
        sum = AddUnit(sum, weights, v0);
        sum = AddUnit(sum, weights + 2, v1);
        sum = AddUnit(sum, weights + 4, v2);
        return AddUnit(sum, weights + 6, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> AddUnit(Vector512<int> sum, short* pair, Vector512<short> unit) =>
        sum + Avx512BW.MultiplyAddAdjacent(unit, Vector512.Create(*(int*)pair).AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(
        Vector512<int> sums, int row, int last, float* rowScales, float* corrections, float* biases, float* result)
    {
        if (row <= last)
        {
            Vector512<float> before =
                Vector512.MultiplyAddEstimate(Vector512.Load(result), Vector512.Create(corrections[row]), Vector512.Create(biases[row]));
            Vector512.MultiplyAddEstimate(Vector512.ConvertToSingle(sums), Vector512.Create(rowScales[row]), before).Store(result);
        }
    }
}
