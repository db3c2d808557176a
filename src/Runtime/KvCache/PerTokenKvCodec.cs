using System.Runtime.CompilerServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>Keys with a scale and a minimum for each token: q · k = scale · (q · code) + minimum · Σ q.</summary>
internal sealed unsafe class PerTokenKvCodec(int bits, int valueGroup, int scaleBits, KernelSet kernels)
    : QuantizedKvCodec(bits, valueGroup, scaleBits, kernels)
{
    [SkipLocalsInit]
    public override void SealKeys(OpenKvCodec open, byte* source, byte* destination, int headSize)
    {
        float* row = stackalloc float[KvLayout.BlockTokens];
        float* scales = stackalloc float[KvLayout.BlockTokens];
        float* minima = stackalloc float[KvLayout.BlockTokens];
        float* maxima = stackalloc float[KvLayout.BlockTokens];
        int* codes = stackalloc int[KvLayout.BlockTokens];
        TokenRanges(open, source, headSize, minima, maxima);
        byte* parameters = destination + KeyCodeBytes(headSize);
        for (int j = 0; j < KvLayout.BlockTokens; j++)
        {
            (scales[j], minima[j]) = Fit(minima[j], maxima[j]);
            StoreParameter(parameters, j, scales[j]);
            StoreParameter(parameters, KvLayout.BlockTokens + j, minima[j]);
        }

        for (int d = 0; d < headSize; d++)
        {
            open.Widen(source + open.Offset(d * KvLayout.BlockTokens), row, KvLayout.BlockTokens);
            for (int j = 0; j < KvLayout.BlockTokens; j++)
            {
                codes[j] = KvQuantizer.Encode(row[j], scales[j], minima[j], Bits);
            }

            StoreCodes(codes, destination, d * KvLayout.BlockTokens);
            StoreCodes(codes + 16, destination, (d * KvLayout.BlockTokens) + 16);
        }
    }

    [SkipLocalsInit]
    public override void KeyScores(in QueryRows queries, byte* keys, int headSize, float* scores)
    {
        float* q = queries.Floats;
        int rowCount = queries.Count;
        float* space = stackalloc float[2 * KvLayout.BlockTokens];
        float* scales = LoadParameters(keys + KeyCodeBytes(headSize), space, 2 * KvLayout.BlockTokens);
        KeyScoresOfCodes(q, rowCount, keys, headSize, scores);
        for (int row = 0; row < rowCount; row++)
        {
            float sum = Kernels.Sum(q + ((long)row * headSize), headSize);
            Kernels.ScaleScores(scores + (row * KvLayout.BlockTokens), scales, scales + KvLayout.BlockTokens, sum);
        }
    }

    protected override int KeyGroups(int headSize) => KvLayout.BlockTokens;
}
