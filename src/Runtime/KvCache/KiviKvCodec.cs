using System.Runtime.CompilerServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>Keys with a scale and a minimum for each channel over the block's 32 tokens: q · k = (q ⊙ scales) · code + q · minima.</summary>
internal sealed unsafe class KiviKvCodec(int bits, int valueGroup, int scaleBits, KernelSet kernels)
    : QuantizedKvCodec(bits, valueGroup, scaleBits, kernels)
{
    [SkipLocalsInit]
    public override void SealKeys(OpenKvCodec open, byte* source, byte* destination, int headSize)
    {
        float* row = stackalloc float[KvLayout.BlockTokens];
        int* codes = stackalloc int[KvLayout.BlockTokens];
        byte* parameters = destination + KeyCodeBytes(headSize);
        for (int d = 0; d < headSize; d++)
        {
            open.Widen(source + open.Offset(d * KvLayout.BlockTokens), row, KvLayout.BlockTokens);
            (float minimum, float maximum) = Range(row, KvLayout.BlockTokens);
            (float scale, float offset) = Fit(minimum, maximum);
            StoreParameter(parameters, d, scale);
            StoreParameter(parameters, headSize + d, offset);
            for (int j = 0; j < KvLayout.BlockTokens; j++)
            {
                codes[j] = KvQuantizer.Encode(row[j], scale, offset, Bits);
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
        float* space = stackalloc float[2 * headSize];
        float* folded = stackalloc float[TileRows * headSize];
        float* biases = stackalloc float[TileRows];
        float* scales = LoadParameters(keys + KeyCodeBytes(headSize), space, 2 * headSize);
        for (int row = 0; row < rowCount; row += TileRows)
        {
            int rows = Math.Min(TileRows, rowCount - row);
            for (int r = 0; r < rows; r++)
            {
                biases[r] = Kernels.FoldScales(
                    q + ((long)(row + r) * headSize), scales, scales + headSize, folded + (r * headSize), headSize);
            }

            float* tile = scores + (row * KvLayout.BlockTokens);
            KeyScoresOfCodes(folded, rows, keys, headSize, tile);
            for (int i = 0; i < rows * KvLayout.BlockTokens; i++)
            {
                tile[i] += biases[i / KvLayout.BlockTokens];
            }
        }
    }

    protected override int KeyGroups(int headSize) => headSize;
}
