using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// How long attention takes over sealed blocks of each pair on this machine: scores and weighted sum of one query's group of heads, over more blocks
/// than nearby caches hold, as decoding reads them.
/// </summary>
internal static unsafe class KvPairTimer
{
    // 16-bit keys and values of heads of 64: 8 KiB a block and head, so 16 MiB in all.
    private const int BlockCount = 2048;
    private const int Rounds = 7;

    /// <summary>Seconds a block and head; pairs take turns, and the least of several rounds counts, so that what else runs matters little.</summary>
    /// <param name="headSize">Values of a head.</param>
    /// <param name="rows">Query heads that share keys and values.</param>
    /// <param name="form">Mode, groups and scales.</param>
    /// <param name="pairs">What to time.</param>
    /// <param name="kernels">Where the kernels come from.</param>
    public static Dictionary<KvPair, double> Measure(int headSize, int rows, KvProfile form, IReadOnlyList<KvPair> pairs, KernelSet kernels)
    {
        int padded = KvLayout.PadHead(headSize);
        int words = rows * QueryRows.WordStride(headSize);
        using NativeBuffer buffer = new(((long)sizeof(float) * rows * (headSize + KvLayout.BlockTokens + padded + 3)) + (sizeof(short) * words));
        float* floats = (float*)buffer.Pointer;
        float* scores = floats + (rows * headSize);
        float* results = scores + (rows * KvLayout.BlockTokens);
        float* corrections = results + (rows * padded);
        float* scales = corrections + rows;
        float* sums = scales + rows;
        QueryRows queries = new(floats, rows, (short*)(sums + rows), scales, sums);
        new Span<float>(floats, rows * headSize).Fill(0.125f);
        new Span<short>(queries.Words, words).Fill(1);
        new Span<float>(corrections, 3 * rows).Fill(1);

        Dictionary<KvPair, double> seconds = pairs.ToDictionary(pair => pair, _ => double.PositiveInfinity);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (KvPair pair in pairs)
            {
                KvCodec keys = KvCodecs.Create(pair.KeyBits, form, kernels);
                KvCodec values = KvCodecs.Create(pair.ValueBits, form, kernels);
                int keyBytes = keys.KeyBytes(headSize);
                int blockBytes = keyBytes + values.ValueBytes(headSize);
                using NativeBuffer blocks = new((long)BlockCount * blockBytes);

                // Untouched memory would be one page of zeros.
                blocks.AsSpan<byte>().Fill(0x11);
                long start = Stopwatch.GetTimestamp();
                for (int block = 0; block < BlockCount; block++)
                {
                    byte* at = blocks.Pointer + ((long)block * blockBytes);
                    keys.KeyScores(queries, at, headSize, scores);
                    new Span<float>(scores, rows * KvLayout.BlockTokens).Fill(0.03125f);
                    values.ValueSum(scores, rows, at + keyBytes, 0, KvLayout.BlockTokens, headSize, corrections, results);
                }

                seconds[pair] = Math.Min(seconds[pair], Stopwatch.GetElapsedTime(start).TotalSeconds / BlockCount);
            }
        }

        return seconds;
    }
}
