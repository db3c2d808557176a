namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>Fields of a few bits in 32-bit words, from the lowest bit up.</summary>
internal static class BitFields
{
    /// <summary>Words that hold some fields, as one stream of bits or with no field across two words.</summary>
    public static int WordCount(int fields, int bits, bool padded) =>
        padded ? (fields + (32 / bits) - 1) / (32 / bits) : (int)((((long)fields * bits) + 31) / 32);

    /// <summary>A field of a run of words that stand <paramref name="stride"/> apart.</summary>
    public static int Read(ReadOnlySpan<uint> words, int start, int stride, int index, int bits, bool padded)
    {
        int perWord = 32 / bits;
        int word = padded ? index / perWord : (int)((long)index * bits / 32);
        int shift = padded ? index % perWord * bits : (int)((long)index * bits % 32);
        ulong value = words[start + (word * stride)] >> shift;
        if (shift + bits > 32)
        {
            value |= (ulong)words[start + ((word + 1) * stride)] << (32 - shift);
        }

        return (int)(value & ((1UL << bits) - 1));
    }
}
