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
            Vector256<short> x = Vector256.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = TDot.Add(s00, v00, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = TDot.Add(s00, v10, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = TDot.Add(s00, v20, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = TDot.Add(s00, v30, x);
        }

        StoreSums(s00, rowScales[0], corrections[0], biases[0], result);
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
            Vector256<short> x = Vector256.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = TDot.Add(s00, v00, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = TDot.Add(s00, v10, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = TDot.Add(s00, v20, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = TDot.Add(s00, v30, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8))).AsInt16();
            s10 = TDot.Add(s10, v00, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8) + 2)).AsInt16();
            s10 = TDot.Add(s10, v10, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8) + 4)).AsInt16();
            s10 = TDot.Add(s10, v20, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8) + 6)).AsInt16();
            s10 = TDot.Add(s10, v30, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8))).AsInt16();
            s20 = TDot.Add(s20, v00, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8) + 2)).AsInt16();
            s20 = TDot.Add(s20, v10, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8) + 4)).AsInt16();
            s20 = TDot.Add(s20, v20, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8) + 6)).AsInt16();
            s20 = TDot.Add(s20, v30, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8))).AsInt16();
            s30 = TDot.Add(s30, v00, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8) + 2)).AsInt16();
            s30 = TDot.Add(s30, v10, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8) + 4)).AsInt16();
            s30 = TDot.Add(s30, v20, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8) + 6)).AsInt16();
            s30 = TDot.Add(s30, v30, x);
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
            Vector256<short> x = Vector256.Create(*(int*)(w0 + (step * 8))).AsInt16();
            s00 = TDot.Add(s00, v00, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 2)).AsInt16();
            s00 = TDot.Add(s00, v10, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 4)).AsInt16();
            s00 = TDot.Add(s00, v20, x);
            x = Vector256.Create(*(int*)(w0 + (step * 8) + 6)).AsInt16();
            s00 = TDot.Add(s00, v30, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8))).AsInt16();
            s10 = TDot.Add(s10, v00, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8) + 2)).AsInt16();
            s10 = TDot.Add(s10, v10, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8) + 4)).AsInt16();
            s10 = TDot.Add(s10, v20, x);
            x = Vector256.Create(*(int*)(w1 + (step * 8) + 6)).AsInt16();
            s10 = TDot.Add(s10, v30, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8))).AsInt16();
            s20 = TDot.Add(s20, v00, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8) + 2)).AsInt16();
            s20 = TDot.Add(s20, v10, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8) + 4)).AsInt16();
            s20 = TDot.Add(s20, v20, x);
            x = Vector256.Create(*(int*)(w2 + (step * 8) + 6)).AsInt16();
            s20 = TDot.Add(s20, v30, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8))).AsInt16();
            s30 = TDot.Add(s30, v00, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8) + 2)).AsInt16();
            s30 = TDot.Add(s30, v10, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8) + 4)).AsInt16();
            s30 = TDot.Add(s30, v20, x);
            x = Vector256.Create(*(int*)(w3 + (step * 8) + 6)).AsInt16();
            s30 = TDot.Add(s30, v30, x);
            x = Vector256.Create(*(int*)(w4 + (step * 8))).AsInt16();
            s40 = TDot.Add(s40, v00, x);
            x = Vector256.Create(*(int*)(w4 + (step * 8) + 2)).AsInt16();
            s40 = TDot.Add(s40, v10, x);
            x = Vector256.Create(*(int*)(w4 + (step * 8) + 4)).AsInt16();
            s40 = TDot.Add(s40, v20, x);
            x = Vector256.Create(*(int*)(w4 + (step * 8) + 6)).AsInt16();
            s40 = TDot.Add(s40, v30, x);
            x = Vector256.Create(*(int*)(w5 + (step * 8))).AsInt16();
            s50 = TDot.Add(s50, v00, x);
            x = Vector256.Create(*(int*)(w5 + (step * 8) + 2)).AsInt16();
            s50 = TDot.Add(s50, v10, x);
            x = Vector256.Create(*(int*)(w5 + (step * 8) + 4)).AsInt16();
            s50 = TDot.Add(s50, v20, x);
            x = Vector256.Create(*(int*)(w5 + (step * 8) + 6)).AsInt16();
            s50 = TDot.Add(s50, v30, x);
            x = Vector256.Create(*(int*)(w6 + (step * 8))).AsInt16();
            s60 = TDot.Add(s60, v00, x);
            x = Vector256.Create(*(int*)(w6 + (step * 8) + 2)).AsInt16();
            s60 = TDot.Add(s60, v10, x);
            x = Vector256.Create(*(int*)(w6 + (step * 8) + 4)).AsInt16();
            s60 = TDot.Add(s60, v20, x);
            x = Vector256.Create(*(int*)(w6 + (step * 8) + 6)).AsInt16();
            s60 = TDot.Add(s60, v30, x);
            x = Vector256.Create(*(int*)(w7 + (step * 8))).AsInt16();
            s70 = TDot.Add(s70, v00, x);
            x = Vector256.Create(*(int*)(w7 + (step * 8) + 2)).AsInt16();
            s70 = TDot.Add(s70, v10, x);
            x = Vector256.Create(*(int*)(w7 + (step * 8) + 4)).AsInt16();
            s70 = TDot.Add(s70, v20, x);
            x = Vector256.Create(*(int*)(w7 + (step * 8) + 6)).AsInt16();
            s70 = TDot.Add(s70, v30, x);
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
    private static void StoreSums(Vector256<int> sums, float rowScale, float correction, float bias, float* result)
    {
        Vector256<float> before = Vector256.MultiplyAddEstimate(Vector256.Load(result), Vector256.Create(correction), Vector256.Create(bias));
        Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(sums), Vector256.Create(rowScale), before).Store(result);
    }
}
