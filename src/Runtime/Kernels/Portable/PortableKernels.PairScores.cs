using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// Scores from paired codes: see the delegate for shapes and order. Registers of 256 bits hold half the lanes of a unit, so a block is gone through
// twice. A short tile repeats its last row, whose results are then written more than once.
internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairScores<TCodes, TDot>(
        short* q, int rowCount, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
        where TDot : IPairDot
    {
        for (int row = 0; row < rowCount; row += 4)
        {
            int last = Math.Min(4, rowCount - row) - 1;
            if (last > 0)
            {
                PairScores4<TCodes, TDot>(q + (row * steps * 4), last, keys, 0, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
                PairScores4<TCodes, TDot>(q + (row * steps * 4), last, keys, 1, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
            }
            else
            {
                PairScores1<TCodes, TDot>(q + (row * steps * 4), keys, 0, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
                PairScores1<TCodes, TDot>(q + (row * steps * 4), keys, 1, steps, rowScales + row, rowFactors + row, scales, minima, scores + (row * BlockTokens));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairScores1<TCodes, TDot>(
        short* q, byte* keys, int part, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
        where TDot : IPairDot
    {
        short* q0 = q;
        Vector256<int> s00 = Vector256<int>.Zero;
        Vector256<int> s01 = Vector256<int>.Zero;
        for (int step = 0; step < steps; step++)
        {
            TCodes.Load4(keys + (step * 16 * TCodes.Bits), part, out Vector256<short> k00, out Vector256<short> k01, out Vector256<short> k10, out Vector256<short> k11);
            s00 = AddUnit<TDot>(AddUnit<TDot>(s00, q0 + (step * 4), k00), q0 + (step * 4) + 2, k10);
            s01 = AddUnit<TDot>(AddUnit<TDot>(s01, q0 + (step * 4), k01), q0 + (step * 4) + 2, k11);
        }

        StoreScores(s00, s01, part * 8, rowScales[0], rowFactors[0], scales, minima, scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairScores4<TCodes, TDot>(
        short* q, int last, byte* keys, int part, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
        where TDot : IPairDot
    {
        int r1 = Math.Min(1, last);
        int r2 = Math.Min(2, last);
        int r3 = Math.Min(3, last);
        short* q0 = q;
        short* q1 = q + (r1 * steps * 4);
        short* q2 = q + (r2 * steps * 4);
        short* q3 = q + (r3 * steps * 4);
        Vector256<int> s00 = Vector256<int>.Zero;
        Vector256<int> s01 = Vector256<int>.Zero;
        Vector256<int> s10 = Vector256<int>.Zero;
        Vector256<int> s11 = Vector256<int>.Zero;
        Vector256<int> s20 = Vector256<int>.Zero;
        Vector256<int> s21 = Vector256<int>.Zero;
        Vector256<int> s30 = Vector256<int>.Zero;
        Vector256<int> s31 = Vector256<int>.Zero;
        for (int step = 0; step < steps; step++)
        {
            TCodes.Load4(keys + (step * 16 * TCodes.Bits), part, out Vector256<short> k00, out Vector256<short> k01, out Vector256<short> k10, out Vector256<short> k11);
            s00 = AddUnit<TDot>(AddUnit<TDot>(s00, q0 + (step * 4), k00), q0 + (step * 4) + 2, k10);
            s01 = AddUnit<TDot>(AddUnit<TDot>(s01, q0 + (step * 4), k01), q0 + (step * 4) + 2, k11);
            s10 = AddUnit<TDot>(AddUnit<TDot>(s10, q1 + (step * 4), k00), q1 + (step * 4) + 2, k10);
            s11 = AddUnit<TDot>(AddUnit<TDot>(s11, q1 + (step * 4), k01), q1 + (step * 4) + 2, k11);
            s20 = AddUnit<TDot>(AddUnit<TDot>(s20, q2 + (step * 4), k00), q2 + (step * 4) + 2, k10);
            s21 = AddUnit<TDot>(AddUnit<TDot>(s21, q2 + (step * 4), k01), q2 + (step * 4) + 2, k11);
            s30 = AddUnit<TDot>(AddUnit<TDot>(s30, q3 + (step * 4), k00), q3 + (step * 4) + 2, k10);
            s31 = AddUnit<TDot>(AddUnit<TDot>(s31, q3 + (step * 4), k01), q3 + (step * 4) + 2, k11);
        }

        StoreScores(s00, s01, part * 8, rowScales[0], rowFactors[0], scales, minima, scores);
        StoreScores(s10, s11, part * 8, rowScales[r1], rowFactors[r1], scales, minima, scores + (r1 * BlockTokens));
        StoreScores(s20, s21, part * 8, rowScales[r2], rowFactors[r2], scales, minima, scores + (r2 * BlockTokens));
        StoreScores(s30, s31, part * 8, rowScales[r3], rowFactors[r3], scales, minima, scores + (r3 * BlockTokens));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScores(
        Vector256<int> low, Vector256<int> high, int token, float rowScale, float rowFactor, float* scales, float* minima, float* scores)
    {
        Vector256.MultiplyAddEstimate(
            Vector256.Load(scales + token) * rowScale, Vector256.ConvertToSingle(low), Vector256.Load(minima + token) * rowFactor).Store(scores + token);
        token += 16;
        Vector256.MultiplyAddEstimate(
            Vector256.Load(scales + token) * rowScale, Vector256.ConvertToSingle(high), Vector256.Load(minima + token) * rowFactor).Store(scores + token);
    }
}
