using System.Runtime.CompilerServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// Keys and values as codes of 8, 4 or 2 bits with a scale and a minimum for each group (<see cref="KvQuantizer"/>). Attention reads the codes
/// packed: scales and minima are folded into what they are multiplied with.
/// <code>
/// keys of a head:    codes [headSize][32 tokens], scales, minima       one of each a token, or a channel (KIVI)
/// values of a head:  codes [32 tokens][padded headSize], scales [groups][32 tokens], minima [groups][32 tokens]
/// </code>
/// </summary>
internal abstract unsafe class QuantizedKvCodec : GroupedKvCodec
{
    /// <summary>Query rows folded at a time.</summary>
    protected const int TileRows = 4;

    private readonly bool _halfParameters;
    private readonly CodeSumKernel _codeSum;

    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="valueGroup">Channels of a group of values; 0: the whole head.</param>
    /// <param name="scaleBits">16 or 32.</param>
    /// <param name="kernels">Where the kernels come from.</param>
    protected QuantizedKvCodec(int bits, int valueGroup, int scaleBits, KernelSet kernels)
        : base(bits, valueGroup, kernels)
    {
        _halfParameters = scaleBits == 16;
        KeyScoresOfCodes = kernels.KeyScoresCodes(bits);
        _codeSum = kernels.CodeSum(bits);
    }

    protected KeyScoresKernel KeyScoresOfCodes { get; }

    protected sealed override int ParameterBytes => _halfParameters ? sizeof(ushort) : sizeof(float);

    [SkipLocalsInit]
    public sealed override void SealValues(OpenKvCodec open, byte* source, byte* destination, int headSize)
    {
        int padded = KvLayout.PadHead(headSize);
        int groups = ValueGroups(headSize);
        int group = ValueGroup(headSize);
        byte* parameters = destination + ValueCodeBytes(headSize);
        float* row = stackalloc float[padded];
        int* codes = stackalloc int[16];
        for (int token = 0; token < KvLayout.BlockTokens; token++)
        {
            open.Widen(source + open.Offset(token * padded), row, padded);
            for (int i = 0; i < groups; i++)
            {
                // Padding joins no group's range; its codes are clamped like any.
                int start = i * group;
                (float minimum, float maximum) = Range(row + start, Math.Min(group, headSize - start));
                (float scale, float offset) = KvQuantizer.Fit(minimum, maximum, Bits, _halfParameters);
                int parameter = (i * KvLayout.BlockTokens) + token;
                StoreParameter(parameters, parameter, scale);
                StoreParameter(parameters, (groups * KvLayout.BlockTokens) + parameter, offset);
                int end = Math.Min(start + group, padded);
                for (int d = start; d < end; d += 16)
                {
                    for (int lane = 0; lane < 16; lane++)
                    {
                        codes[lane] = KvQuantizer.Encode(row[d + lane], scale, offset, Bits);
                    }

                    StoreCodes(codes, destination, (token * padded) + d);
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
        float* parameterSpace = stackalloc float[2 * count];
        float* folded = stackalloc float[TileRows * KvLayout.BlockTokens];
        float* biases = stackalloc float[TileRows];
        float* scales = LoadParameters(values + ValueCodeBytes(headSize), parameterSpace, 2 * count);
        float* minima = scales + count;
        for (int row = 0; row < rowCount; row += TileRows)
        {
            int rows = Math.Min(TileRows, rowCount - row);
            for (int i = 0; i < groups; i++)
            {
                for (int r = 0; r < rows; r++)
                {
                    biases[r] = Kernels.FoldScales(
                        weights + ((row + r) * KvLayout.BlockTokens), scales + (i * KvLayout.BlockTokens), minima + (i * KvLayout.BlockTokens),
                        folded + (r * KvLayout.BlockTokens), KvLayout.BlockTokens);
                }

                // A group begins at a multiple of sixteen channels, so at a whole byte.
                int start = i * group;
                _codeSum(
                    folded, rows, values + ((long)start * Bits / 8), first, end, padded, Math.Min(group, padded - start),
                    corrections + row, biases, result + ((long)row * padded) + start);
            }
        }
    }

    protected sealed override int KeyCodeBytes(int headSize) => KvLayout.BlockTokens * headSize * Bits / 8;

    /// <summary>Packs sixteen codes.</summary>
    protected void StoreCodes(int* codes, byte* destination, int index)
    {
        switch (Bits)
        {
            case 8:
                ByteCodes.Store16(codes, destination, index);
                break;
            case 4:
                NibbleCodes.Store16(codes, destination, index);
                break;
            default:
                CrumbCodes.Store16(codes, destination, index);
                break;
        }
    }

    /// <summary>Scale and minimum of a group as they will be stored.</summary>
    protected (float Scale, float Minimum) Fit(float minimum, float maximum) => KvQuantizer.Fit(minimum, maximum, Bits, _halfParameters);

    protected void StoreParameter(byte* parameters, int index, float value)
    {
        if (_halfParameters)
        {
            ((Half*)parameters)[index] = (Half)value;
        }
        else
        {
            ((float*)parameters)[index] = value;
        }
    }

    /// <summary>Parameters as floats: where they lie, or widened into <paramref name="space"/>.</summary>
    protected float* LoadParameters(byte* parameters, float* space, int count)
    {
        if (!_halfParameters)
        {
            return (float*)parameters;
        }

        Kernels.FromHalf((ushort*)parameters, space, count);
        return space;
    }
}
