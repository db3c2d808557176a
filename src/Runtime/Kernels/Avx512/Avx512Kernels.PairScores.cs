using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// Scores from paired codes: see the delegate for shapes and order. A short tile repeats its last row, whose results are then written more than once.
internal static unsafe partial class Avx512Kernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairScores<TCodes>(
        short* q, int rowCount, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
    {
        for (int row = 0; row < rowCount; row += 8)
        {
            int last = Math.Min(8, rowCount - row) - 1;
            if (last >= 4)
            {
                PairScores8<TCodes>(q + (row * steps * 4), last, keys, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
            }
            else if (last > 0)
            {
                PairScores4<TCodes>(q + (row * steps * 4), last, keys, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
            }
            else
            {
                PairScores1<TCodes>(q + (row * steps * 4), keys, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairScores1<TCodes>(
        short* q, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
    {
        short* q0 = q;
        Vector512<int> s00 = Vector512<int>.Zero;
        Vector512<int> s01 = Vector512<int>.Zero;
        for (int step = 0; step < steps; step++)
        {
            TCodes.Load4(keys + (step * 16 * TCodes.Bits), out Vector512<short> k00, out Vector512<short> k01, out Vector512<short> k10, out Vector512<short> k11);
            Vector512<short> x = Vector512.Create(*(int*)(q0 + (step * 4))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q0 + (step * 4) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(k11, x);
        }

        StoreScores(s00, s01, rowScales[0], rowFactors[0], scales, minima, scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairScores4<TCodes>(
        short* q, int last, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        short* q0 = q;
        short* q1 = q + (r1 * steps * 4);
        short* q2 = q + (r2 * steps * 4);
        short* q3 = q + (r3 * steps * 4);
        Vector512<int> s00 = Vector512<int>.Zero;
        Vector512<int> s01 = Vector512<int>.Zero;
        Vector512<int> s10 = Vector512<int>.Zero;
        Vector512<int> s11 = Vector512<int>.Zero;
        Vector512<int> s20 = Vector512<int>.Zero;
        Vector512<int> s21 = Vector512<int>.Zero;
        Vector512<int> s30 = Vector512<int>.Zero;
        Vector512<int> s31 = Vector512<int>.Zero;
        for (int step = 0; step < steps; step++)
        {
            TCodes.Load4(keys + (step * 16 * TCodes.Bits), out Vector512<short> k00, out Vector512<short> k01, out Vector512<short> k10, out Vector512<short> k11);
            Vector512<short> x = Vector512.Create(*(int*)(q0 + (step * 4))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q0 + (step * 4) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q1 + (step * 4))).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q1 + (step * 4) + 2)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q2 + (step * 4))).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q2 + (step * 4) + 2)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q3 + (step * 4))).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q3 + (step * 4) + 2)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(k11, x);
        }

        StoreScores(s00, s01, rowScales[0], rowFactors[0], scales, minima, scores);
        StoreScores(s10, s11, rowScales[r1], rowFactors[r1], scales, minima, scores + (r1 * BlockTokens));
        StoreScores(s20, s21, rowScales[r2], rowFactors[r2], scales, minima, scores + (r2 * BlockTokens));
        StoreScores(s30, s31, rowScales[r3], rowFactors[r3], scales, minima, scores + (r3 * BlockTokens));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairScores8<TCodes>(
        short* q, int last, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        int r4 = Math.Min(4, last);
        int r5 = Math.Min(5, last);
        int r6 = Math.Min(6, last);
        int r7 = Math.Min(7, last);
        short* q0 = q;
        short* q1 = q + (r1 * steps * 4);
        short* q2 = q + (r2 * steps * 4);
        short* q3 = q + (r3 * steps * 4);
        short* q4 = q + (r4 * steps * 4);
        short* q5 = q + (r5 * steps * 4);
        short* q6 = q + (r6 * steps * 4);
        short* q7 = q + (r7 * steps * 4);
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
        for (int step = 0; step < steps; step++)
        {
            TCodes.Load4(keys + (step * 16 * TCodes.Bits), out Vector512<short> k00, out Vector512<short> k01, out Vector512<short> k10, out Vector512<short> k11);
            Vector512<short> x = Vector512.Create(*(int*)(q0 + (step * 4))).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q0 + (step * 4) + 2)).AsInt16();
            s00 = s00 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s01 = s01 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q1 + (step * 4))).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q1 + (step * 4) + 2)).AsInt16();
            s10 = s10 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s11 = s11 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q2 + (step * 4))).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q2 + (step * 4) + 2)).AsInt16();
            s20 = s20 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s21 = s21 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q3 + (step * 4))).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q3 + (step * 4) + 2)).AsInt16();
            s30 = s30 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s31 = s31 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q4 + (step * 4))).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s41 = s41 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q4 + (step * 4) + 2)).AsInt16();
            s40 = s40 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s41 = s41 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q5 + (step * 4))).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s51 = s51 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q5 + (step * 4) + 2)).AsInt16();
            s50 = s50 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s51 = s51 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q6 + (step * 4))).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s61 = s61 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q6 + (step * 4) + 2)).AsInt16();
            s60 = s60 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s61 = s61 + Avx512BW.MultiplyAddAdjacent(k11, x);
            x = Vector512.Create(*(int*)(q7 + (step * 4))).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(k00, x);
            s71 = s71 + Avx512BW.MultiplyAddAdjacent(k01, x);
            x = Vector512.Create(*(int*)(q7 + (step * 4) + 2)).AsInt16();
            s70 = s70 + Avx512BW.MultiplyAddAdjacent(k10, x);
            s71 = s71 + Avx512BW.MultiplyAddAdjacent(k11, x);
        }

        StoreScores(s00, s01, rowScales[0], rowFactors[0], scales, minima, scores);
        StoreScores(s10, s11, rowScales[r1], rowFactors[r1], scales, minima, scores + (r1 * BlockTokens));
        StoreScores(s20, s21, rowScales[r2], rowFactors[r2], scales, minima, scores + (r2 * BlockTokens));
        StoreScores(s30, s31, rowScales[r3], rowFactors[r3], scales, minima, scores + (r3 * BlockTokens));
        StoreScores(s40, s41, rowScales[r4], rowFactors[r4], scales, minima, scores + (r4 * BlockTokens));
        StoreScores(s50, s51, rowScales[r5], rowFactors[r5], scales, minima, scores + (r5 * BlockTokens));
        StoreScores(s60, s61, rowScales[r6], rowFactors[r6], scales, minima, scores + (r6 * BlockTokens));
        StoreScores(s70, s71, rowScales[r7], rowFactors[r7], scales, minima, scores + (r7 * BlockTokens));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScores(
        Vector512<int> low, Vector512<int> high, float rowScale, float rowFactor, float* scales, float* minima, float* scores)
    {
        Vector512.MultiplyAddEstimate(
            Vector512.Load(scales) * rowScale, Vector512.ConvertToSingle(low), Vector512.Load(minima) * rowFactor).Store(scores);
        Vector512.MultiplyAddEstimate(
            Vector512.Load(scales + 16) * rowScale, Vector512.ConvertToSingle(high), Vector512.Load(minima + 16) * rowFactor).Store(scores + 16);
    }
}
