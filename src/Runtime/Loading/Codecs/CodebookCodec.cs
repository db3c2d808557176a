using System.Numerics;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>A format of blocks of 256 values whose codes select entries of a <see cref="Codebook"/>: several small numbers at once.</summary>
internal abstract class CodebookCodec(params ReadOnlySpan<sbyte> numbers) : TableCodec(numbers)
{
    /// <summary>Writes an entry, negated where a bit of <paramref name="signs"/> is set, the first value's the lowest.</summary>
    protected static void WriteSigned(ReadOnlySpan<sbyte> entry, int signs, Span<sbyte> numbers)
    {
        for (int i = 0; i < entry.Length; i++)
        {
            numbers[i] = (sbyte)(((signs >> i) & 1) == 0 ? entry[i] : -entry[i]);
        }
    }

    /// <summary>Eight signs of seven bits: the number of set ones is even, so the last follows from the others.</summary>
    protected static int CompleteSigns(uint sevenBits)
    {
        int signs = (int)(sevenBits & 127);
        return signs | ((BitOperations.PopCount((uint)signs) & 1) << 7);
    }
}
