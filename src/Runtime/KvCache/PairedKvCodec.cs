using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// Keys and values as codes of 8, 4 or 2 bits with a scale and a minimum (halves) for each group (<see cref="KvQuantizer"/>), multiplied packed and
/// as integers: queries and weights, scales folded in, are rounded to 16 bits, so a sum of products with codes is exact. Codes lie in units
/// (<see cref="IPairedCodes"/>):
/// <code>
/// keys of a head:    [pairs of channels][tokens 0–15, 16–31]   then scales, minima: one of each a token, or a channel (KIVI)
/// values of a head:  [chunks of 16 channels][pairs of tokens]  then scales [groups][32 tokens], minima [groups][32 tokens]
/// </code>
/// </summary>
internal abstract unsafe class PairedKvCodec : GroupedKvCodec
{
    /// <summary>Rows of weights folded at a time.</summary>
    protected const int TileRows = 8;

    private readonly PairSumsKernel _pairSums;

    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="valueGroup">Channels of a group of values; 0: the whole head.</param>
    /// <param name="kernels">Where the kernels come from.</param>
    protected PairedKvCodec(int bits, int valueGroup, KernelSet kernels)
        : base(bits, valueGroup, kernels)
    {
        PairScores = kernels.PairScores(bits);
        _pairSums = kernels.PairSums(bits);
    }

    protected PairScoresKernel PairScores { get; }

    protected sealed override int ParameterBytes => sizeof(ushort);

    [SkipLocalsInit]
    public sealed override void SealValues(OpenKvCodec open, byte* source, byte* destination, int headSize)
    {
        int padded = KvLayout.PadHead(headSize);
        int groups = ValueGroups(headSize);
        int group = ValueGroup(headSize);
        Half* scales = (Half*)(destination + ValueCodeBytes(headSize));
        Half* minima = scales + (groups * KvLayout.BlockTokens);
        new Span<byte>(destination, ValueCodeBytes(headSize)).Clear();
        float* row = stackalloc float[padded];
        int* codes = stackalloc int[padded];
        for (int token = 0; token < KvLayout.BlockTokens; token++)
        {
            open.Widen(source + open.Offset(token * padded), row, padded);
            for (int i = 0; i < groups; i++)
            {
                // Padding joins no group's range, and its codes stay 0.
                int start = i * group;
                int end = Math.Min(start + group, headSize);
                (float minimum, float maximum) = Range(row + start, end - start);
                (float scale, float offset) = KvQuantizer.Fit(minimum, maximum, Bits, asHalves: true);
                scales[(i * KvLayout.BlockTokens) + token] = (Half)scale;
                minima[(i * KvLayout.BlockTokens) + token] = (Half)offset;
                Encode(row + start, &scale, &offset, 0, end - start, codes);
                for (int d = start; d < end; d++)
                {
                    PairedCodes.Add(destination, Bits, (d & ~15) + (token >> 1), d & 15, token & 1, codes[d - start]);
                }
            }
        }
    }

    [SkipLocalsInit]
    public sealed override void ValueSum(
        float* weights, int rowCount, byte* values, int first, int end, int headSize, float* corrections, float* result)
    {
        int padded = KvLayout.PadHead(headSize);
        int groups = ValueGroups(headSize);
        int group = ValueGroup(headSize);
        int count = groups * KvLayout.BlockTokens;
        float* scales = stackalloc float[2 * count];
        float* minima = scales + count;
        short* words = stackalloc short[TileRows * KvLayout.BlockTokens];
        float* rowScales = stackalloc float[TileRows];
        float* biases = stackalloc float[TileRows];
        Kernels.FromHalf((ushort*)(values + ValueCodeBytes(headSize)), scales, 2 * count);
        for (int row = 0; row < rowCount; row += TileRows)
        {
            int rows = Math.Min(TileRows, rowCount - row);
            for (int i = 0; i < groups; i++)
            {
                // Tokens that are not seen have weights of 0.
                Kernels.RoundRows(
                    weights + (row * KvLayout.BlockTokens), rows, KvLayout.BlockTokens, scales + (i * KvLayout.BlockTokens),
                    minima + (i * KvLayout.BlockTokens), words, KvLayout.BlockTokens, rowScales, biases);
                int start = i * group;
                _pairSums(
                    words, rows, values + ((long)start * KvLayout.BlockTokens * Bits / 8), Math.Min(group, padded - start) / 16, padded, rowScales,
                    corrections + row, biases, result + ((long)row * padded) + start);
            }
        }
    }

    protected sealed override int KeyCodeBytes(int headSize) => KvLayout.BlockTokens * QueryRows.WordStride(headSize) * Bits / 8;

    /// <summary>Packs one channel's codes of a block of keys whose bytes are zero so far.</summary>
    [SkipLocalsInit]
    protected void StoreKeyCodes(float* row, float* scales, float* minima, int parameterStep, byte* destination, int channel)
    {
        int* codes = stackalloc int[KvLayout.BlockTokens];
        Encode(row, scales, minima, parameterStep, KvLayout.BlockTokens, codes);
        for (int j = 0; j < KvLayout.BlockTokens; j++)
        {
            PairedCodes.Add(destination, Bits, (channel & ~1) + (j >> 4), j & 15, channel & 1, codes[j]);
        }
    }

    // KvQuantizer.Encode eight at a time, the same steps in the same order; a scale and a minimum for each value (step 1) or for all (step 0).
    private void Encode(float* x, float* scales, float* minima, int parameterStep, int count, int* codes)
    {
        Vector256<float> largest = Vector256.Create((float)((1 << Bits) - 1));
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<float> scale = parameterStep == 0 ? Vector256.Create(scales[0]) : Vector256.Load(scales + i);
            Vector256<float> minimum = parameterStep == 0 ? Vector256.Create(minima[0]) : Vector256.Load(minima + i);
            Vector256<float> steps = Vector256.Round((Vector256.Load(x + i) - minimum) / scale);
            Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(steps, Vector256<float>.Zero), largest)).Store(codes + i);
        }

        for (; i < count; i++)
        {
            codes[i] = KvQuantizer.Encode(x[i], scales[i * parameterStep], minima[i * parameterStep], Bits);
        }
    }
}
