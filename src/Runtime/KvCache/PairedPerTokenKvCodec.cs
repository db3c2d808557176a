using System.Runtime.CompilerServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>Keys with a scale and a minimum for each token: q · k = scale · (q · code) + minimum · Σ q.</summary>
internal sealed unsafe class PairedPerTokenKvCodec(int bits, int valueGroup, KernelSet kernels) : PairedKvCodec(bits, valueGroup, kernels)
{
    [SkipLocalsInit]
    public override void SealKeys(OpenKvCodec open, byte* source, byte* destination, int headSize)
    {
        float* row = stackalloc float[KvLayout.BlockTokens];
        float* scales = stackalloc float[KvLayout.BlockTokens];
        float* minima = stackalloc float[KvLayout.BlockTokens];
        float* maxima = stackalloc float[KvLayout.BlockTokens];
        TokenRanges(open, source, headSize, minima, maxima);
        Half* parameters = (Half*)(destination + KeyCodeBytes(headSize));
        for (int j = 0; j < KvLayout.BlockTokens; j++)
        {
            (scales[j], minima[j]) = KvQuantizer.Fit(minima[j], maxima[j], Bits, asHalves: true);
            parameters[j] = (Half)scales[j];
            parameters[KvLayout.BlockTokens + j] = (Half)minima[j];
        }

        new Span<byte>(destination, KeyCodeBytes(headSize)).Clear();
        for (int d = 0; d < headSize; d++)
        {
            open.Widen(source + open.Offset(d * KvLayout.BlockTokens), row, KvLayout.BlockTokens);
            StoreKeyCodes(row, scales, minima, 1, destination, d);
        }
    }

    [SkipLocalsInit]
    public override void Prepare(in QueryRows queries, int headSize)
    {
        float* ones = stackalloc float[headSize];
        new Span<float>(ones, headSize).Fill(1);
        Kernels.RoundRows(
            queries.Floats, queries.Count, headSize, ones, ones, queries.Words, QueryRows.WordStride(headSize), queries.Scales, queries.Sums);
    }

    [SkipLocalsInit]
    public override void KeyScores(in QueryRows queries, byte* keys, int headSize, float* scores)
    {
        float* scales = stackalloc float[2 * KvLayout.BlockTokens];
        Kernels.FromHalf((ushort*)(keys + KeyCodeBytes(headSize)), scales, 2 * KvLayout.BlockTokens);
        PairScores(
            queries.Words, queries.Count, keys, QueryRows.WordStride(headSize) / 4, queries.Scales, queries.Sums,
            scales, scales + KvLayout.BlockTokens, scores);
    }

    protected override int KeyGroups(int headSize) => KvLayout.BlockTokens;
}
