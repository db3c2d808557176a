using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
            s00 = AddUnit(AddUnit(s00, q0 + (step * 4), k00), q0 + (step * 4) + 2, k10);
            s01 = AddUnit(AddUnit(s01, q0 + (step * 4), k01), q0 + (step * 4) + 2, k11);
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
            s00 = AddUnit(AddUnit(s00, q0 + (step * 4), k00), q0 + (step * 4) + 2, k10);
            s01 = AddUnit(AddUnit(s01, q0 + (step * 4), k01), q0 + (step * 4) + 2, k11);
            s10 = AddUnit(AddUnit(s10, q1 + (step * 4), k00), q1 + (step * 4) + 2, k10);
            s11 = AddUnit(AddUnit(s11, q1 + (step * 4), k01), q1 + (step * 4) + 2, k11);
            s20 = AddUnit(AddUnit(s20, q2 + (step * 4), k00), q2 + (step * 4) + 2, k10);
            s21 = AddUnit(AddUnit(s21, q2 + (step * 4), k01), q2 + (step * 4) + 2, k11);
            s30 = AddUnit(AddUnit(s30, q3 + (step * 4), k00), q3 + (step * 4) + 2, k10);
            s31 = AddUnit(AddUnit(s31, q3 + (step * 4), k01), q3 + (step * 4) + 2, k11);
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
            s00 = AddUnit(AddUnit(s00, q0 + (step * 4), k00), q0 + (step * 4) + 2, k10);
            s01 = AddUnit(AddUnit(s01, q0 + (step * 4), k01), q0 + (step * 4) + 2, k11);
            s10 = AddUnit(AddUnit(s10, q1 + (step * 4), k00), q1 + (step * 4) + 2, k10);
            s11 = AddUnit(AddUnit(s11, q1 + (step * 4), k01), q1 + (step * 4) + 2, k11);
            s20 = AddUnit(AddUnit(s20, q2 + (step * 4), k00), q2 + (step * 4) + 2, k10);
            s21 = AddUnit(AddUnit(s21, q2 + (step * 4), k01), q2 + (step * 4) + 2, k11);
            s30 = AddUnit(AddUnit(s30, q3 + (step * 4), k00), q3 + (step * 4) + 2, k10);
            s31 = AddUnit(AddUnit(s31, q3 + (step * 4), k01), q3 + (step * 4) + 2, k11);
            s40 = AddUnit(AddUnit(s40, q4 + (step * 4), k00), q4 + (step * 4) + 2, k10);
            s41 = AddUnit(AddUnit(s41, q4 + (step * 4), k01), q4 + (step * 4) + 2, k11);
            s50 = AddUnit(AddUnit(s50, q5 + (step * 4), k00), q5 + (step * 4) + 2, k10);
            s51 = AddUnit(AddUnit(s51, q5 + (step * 4), k01), q5 + (step * 4) + 2, k11);
            s60 = AddUnit(AddUnit(s60, q6 + (step * 4), k00), q6 + (step * 4) + 2, k10);
            s61 = AddUnit(AddUnit(s61, q6 + (step * 4), k01), q6 + (step * 4) + 2, k11);
            s70 = AddUnit(AddUnit(s70, q7 + (step * 4), k00), q7 + (step * 4) + 2, k10);
            s71 = AddUnit(AddUnit(s71, q7 + (step * 4), k01), q7 + (step * 4) + 2, k11);
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
