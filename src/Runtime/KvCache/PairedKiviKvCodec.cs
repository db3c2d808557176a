using System.Runtime.CompilerServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>Keys with a scale and a minimum for each channel over the block's 32 tokens: q · k = (q ⊙ scales) · code + q · minima.</summary>
internal sealed unsafe class PairedKiviKvCodec(int bits, int valueGroup, KernelSet kernels) : PairedKvCodec(bits, valueGroup, kernels)
{
    [SkipLocalsInit]
    public override void SealKeys(OpenKvCodec open, byte* source, byte* destination, int headSize)
    {
        float* row = stackalloc float[KvLayout.BlockTokens];
        Half* scales = (Half*)(destination + KeyCodeBytes(headSize));
        Half* minima = scales + headSize;
        new Span<byte>(destination, KeyCodeBytes(headSize)).Clear();
        for (int d = 0; d < headSize; d++)
        {
            open.Widen(source + open.Offset(d * KvLayout.BlockTokens), row, KvLayout.BlockTokens);
            (float minimum, float maximum) = Range(row, KvLayout.BlockTokens);
            (float scale, float offset) = KvQuantizer.Fit(minimum, maximum, Bits, asHalves: true);
            scales[d] = (Half)scale;
            minima[d] = (Half)offset;
            StoreKeyCodes(row, &scale, &offset, 0, destination, d);
        }
    }

    [SkipLocalsInit]
    public override void KeyScores(in QueryRows queries, byte* keys, int headSize, float* scores)
    {
        int stride = QueryRows.WordStride(headSize);
        float* scales = stackalloc float[2 * headSize];
        float* ones = stackalloc float[KvLayout.BlockTokens];
        short* words = stackalloc short[TileRows * stride];
        float* rowScales = stackalloc float[TileRows];
        float* biases = stackalloc float[TileRows];
        Kernels.FromHalf((ushort*)(keys + KeyCodeBytes(headSize)), scales, 2 * headSize);
        new Span<float>(ones, KvLayout.BlockTokens).Fill(1);
        for (int row = 0; row < queries.Count; row += TileRows)
        {
            int rows = Math.Min(TileRows, queries.Count - row);
            Kernels.RoundRows(
                queries.Floats + ((long)row * headSize), rows, headSize, scales, scales + headSize, words, stride, rowScales, biases);
            PairScores(words, rows, keys, stride / 4, rowScales, biases, ones, ones, scores + (row * KvLayout.BlockTokens));
        }
    }

    protected override int KeyGroups(int headSize) => headSize;
}
