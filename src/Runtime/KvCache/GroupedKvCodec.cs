using System.Runtime.CompilerServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>What forms of codes with a scale and a minimum for each group (<see cref="KvQuantizer"/>) have in common: sizes and the ranges of groups.</summary>
internal abstract unsafe class GroupedKvCodec : KvCodec
{
    private readonly int _valueGroup;

    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="valueGroup">Channels of a group of values; 0: the whole head.</param>
    /// <param name="kernels">Where the kernels come from.</param>
    protected GroupedKvCodec(int bits, int valueGroup, KernelSet kernels)
    {
        Bits = bits;
        Kernels = kernels;
        _valueGroup = valueGroup;
    }

    protected int Bits { get; }

    protected KernelSet Kernels { get; }

    /// <summary>Bytes of a scale or a minimum.</summary>
    protected abstract int ParameterBytes { get; }

    public sealed override int KeyBytes(int headSize) => Align(KeyCodeBytes(headSize) + (2 * KeyGroups(headSize) * ParameterBytes));

    public sealed override int ValueBytes(int headSize) =>
        Align(ValueCodeBytes(headSize) + (2 * KvLayout.BlockTokens * ValueGroups(headSize) * ParameterBytes));

    /// <summary>Groups of one head's 32 keys.</summary>
    protected abstract int KeyGroups(int headSize);

    /// <summary>Bytes of one head's 32 keys without scales and minima.</summary>
    protected abstract int KeyCodeBytes(int headSize);

    protected int ValueCodeBytes(int headSize) => KvLayout.BlockTokens * KvLayout.PadHead(headSize) * Bits / 8;

    /// <summary>Groups of one token's values.</summary>
    protected int ValueGroups(int headSize) => _valueGroup == 0 ? 1 : (headSize + _valueGroup - 1) / _valueGroup;

    /// <summary>Channels of a group of values.</summary>
    protected int ValueGroup(int headSize) => _valueGroup == 0 ? KvLayout.PadHead(headSize) : _valueGroup;

    /// <summary>Smallest and largest; both no number where any is none.</summary>
    protected static (float Minimum, float Maximum) Range(float* x, int count)
    {
        float minimum = x[0];
        float maximum = x[0];
        for (int i = 1; i < count; i++)
        {
            minimum = MathF.Min(minimum, x[i]);
            maximum = MathF.Max(maximum, x[i]);
        }

        return (minimum, maximum);
    }

    /// <summary>Smallest and largest of each of 32 tokens' keys.</summary>
    [SkipLocalsInit]
    protected static void TokenRanges(OpenKvCodec open, byte* keys, int headSize, float* minima, float* maxima)
    {
        float* row = stackalloc float[KvLayout.BlockTokens];
        new Span<float>(minima, KvLayout.BlockTokens).Fill(float.PositiveInfinity);
        new Span<float>(maxima, KvLayout.BlockTokens).Fill(float.NegativeInfinity);
        for (int d = 0; d < headSize; d++)
        {
            open.Widen(keys + open.Offset(d * KvLayout.BlockTokens), row, KvLayout.BlockTokens);
            for (int j = 0; j < KvLayout.BlockTokens; j++)
            {
                minima[j] = MathF.Min(minima[j], row[j]);
                maxima[j] = MathF.Max(maxima[j], row[j]);
            }
        }
    }

    private static int Align(int bytes) => (bytes + 63) & ~63;
}
