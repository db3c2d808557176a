using System.Numerics;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// A format of blocks of 256 values whose codes select entries of a <see cref="Codebook"/>. The products of scale and value fit single
/// precision without rounding, so their order does not matter.
/// </summary>
internal abstract class CodebookCodec : ExpandingCodec
{
    public override int BlockValues => 256;

    /// <summary>Writes an entry times a scale, negated where a bit of <paramref name="signs"/> is set, the first value's the lowest.</summary>
    protected static void WriteSigned(ReadOnlySpan<sbyte> entry, int signs, float scale, Span<float> values)
    {
        for (int i = 0; i < entry.Length; i++)
        {
            float value = scale * entry[i];
            values[i] = ((signs >> i) & 1) == 0 ? value : -value;
        }
    }

    /// <summary>Eight signs of seven bits: the number of set ones is even, so the last follows from the others.</summary>
    protected static int CompleteSigns(uint sevenBits)
    {
        int signs = (int)(sevenBits & 127);
        return signs | ((BitOperations.PopCount((uint)signs) & 1) << 7);
    }
}
