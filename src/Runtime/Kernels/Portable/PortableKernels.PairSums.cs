using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Weighted sums of paired codes: see the delegate for shapes and order. A short tile computes its last row more than once and stores it once.
internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairSums<TCodes, TDot>(
        short* weights, int rowCount, byte* codes, int chunkCount, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
        where TDot : IPairDot
    {
        for (int row = 0; row < rowCount; row += 8)
        {
            int last = Math.Min(8, rowCount - row) - 1;
            short* w = weights + (row * BlockTokens);
            float* y = result + (row * stride);
            int chunk = 0;
            for (; chunk < chunkCount; chunk++)
            {
                if (last >= 4)
                {
                    PairSums8<TCodes, TDot>(w, last, codes + (chunk * 64 * TCodes.Bits), 0, stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                    PairSums8<TCodes, TDot>(w, last, codes + (chunk * 64 * TCodes.Bits), 1, stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16) + 8);
                }
                else if (last > 0)
                {
                    PairSums4<TCodes, TDot>(w, last, codes + (chunk * 64 * TCodes.Bits), 0, stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                    PairSums4<TCodes, TDot>(w, last, codes + (chunk * 64 * TCodes.Bits), 1, stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16) + 8);
                }
                else
                {
                    PairSums1<TCodes, TDot>(w, codes + (chunk * 64 * TCodes.Bits), 0, stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16));
                    PairSums1<TCodes, TDot>(w, codes + (chunk * 64 * TCodes.Bits), 1, stride, rowScales + row, corrections + row, biases + row, y + (chunk * 16) + 8);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums1<TCodes, TDot>(
        short* weights, byte* codes, int part, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
        where TDot : IPairDot
    {
        short* w0 = weights;
        Vector256<int> s00 = Vector256<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, part, out Vector256<short> v00, out Vector256<short> v10, out Vector256<short> v20, out Vector256<short> v30);
            s00 = AddUnits<TDot>(s00, w0 + (step * 8), v00, v10, v20, v30);
        }

        StoreSums(s00, 0, 0, rowScales, corrections, biases, result);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums4<TCodes, TDot>(
        short* weights, int last, byte* codes, int part, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
        where TDot : IPairDot
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        short* w0 = weights;
        short* w1 = weights + (r1 * BlockTokens);
        short* w2 = weights + (r2 * BlockTokens);
        short* w3 = weights + (r3 * BlockTokens);
        Vector256<int> s00 = Vector256<int>.Zero;
        Vector256<int> s10 = Vector256<int>.Zero;
        Vector256<int> s20 = Vector256<int>.Zero;
        Vector256<int> s30 = Vector256<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, part, out Vector256<short> v00, out Vector256<short> v10, out Vector256<short> v20, out Vector256<short> v30);
            s00 = AddUnits<TDot>(s00, w0 + (step * 8), v00, v10, v20, v30);
            s10 = AddUnits<TDot>(s10, w1 + (step * 8), v00, v10, v20, v30);
            s20 = AddUnits<TDot>(s20, w2 + (step * 8), v00, v10, v20, v30);
            s30 = AddUnits<TDot>(s30, w3 + (step * 8), v00, v10, v20, v30);
        }

        StoreSums(s00, 0, last, rowScales, corrections, biases, result);
        StoreSums(s10, 1, last, rowScales, corrections, biases, result + stride);
        StoreSums(s20, 2, last, rowScales, corrections, biases, result + (2 * stride));
        StoreSums(s30, 3, last, rowScales, corrections, biases, result + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairSums8<TCodes, TDot>(
        short* weights, int last, byte* codes, int part, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
        where TDot : IPairDot
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
        Vector256<int> s00 = Vector256<int>.Zero;
        Vector256<int> s10 = Vector256<int>.Zero;
        Vector256<int> s20 = Vector256<int>.Zero;
        Vector256<int> s30 = Vector256<int>.Zero;
        Vector256<int> s40 = Vector256<int>.Zero;
        Vector256<int> s50 = Vector256<int>.Zero;
        Vector256<int> s60 = Vector256<int>.Zero;
        Vector256<int> s70 = Vector256<int>.Zero;
        for (int step = 0; step < 4; step++)
        {
            byte* source = codes + (step * 16 * TCodes.Bits);
            TCodes.Load4(source, part, out Vector256<short> v00, out Vector256<short> v10, out Vector256<short> v20, out Vector256<short> v30);
            s00 = AddUnits<TDot>(s00, w0 + (step * 8), v00, v10, v20, v30);
            s10 = AddUnits<TDot>(s10, w1 + (step * 8), v00, v10, v20, v30);
            s20 = AddUnits<TDot>(s20, w2 + (step * 8), v00, v10, v20, v30);
            s30 = AddUnits<TDot>(s30, w3 + (step * 8), v00, v10, v20, v30);
            s40 = AddUnits<TDot>(s40, w4 + (step * 8), v00, v10, v20, v30);
            s50 = AddUnits<TDot>(s50, w5 + (step * 8), v00, v10, v20, v30);
            s60 = AddUnits<TDot>(s60, w6 + (step * 8), v00, v10, v20, v30);
            s70 = AddUnits<TDot>(s70, w7 + (step * 8), v00, v10, v20, v30);
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
    private static Vector256<int> AddUnits<TDot>(
        Vector256<int> sum, short* weights, Vector256<short> v0, Vector256<short> v1, Vector256<short> v2, Vector256<short> v3)
        where TDot : IPairDot
    {
        sum = AddUnit<TDot>(sum, weights, v0);
        sum = AddUnit<TDot>(sum, weights + 2, v1);
        sum = AddUnit<TDot>(sum, weights + 4, v2);
        return AddUnit<TDot>(sum, weights + 6, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddUnit<TDot>(Vector256<int> sum, short* pair, Vector256<short> unit)
        where TDot : IPairDot => TDot.Add(sum, unit, Vector256.Create(*(int*)pair).AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(
        Vector256<int> sums, int row, int last, float* rowScales, float* corrections, float* biases, float* result)
    {
        if (row <= last)
        {
            Vector256<float> before =
                Vector256.MultiplyAddEstimate(Vector256.Load(result), Vector256.Create(corrections[row]), Vector256.Create(biases[row]));
            Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(sums), Vector256.Create(rowScales[row]), before).Store(result);
        }
    }
}
