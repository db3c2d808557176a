namespace Sparrow.Compression.Artifacts;

/// <summary>Fields of a few bits in 32-bit words as one stream, from the lowest bit up; words may stand apart.</summary>
internal static class BitStream
{
    /// <summary>Words that hold some fields.</summary>
    public static int WordCount(int fields, int bits) => checked((int)((((long)fields * bits) + 31) / 32));

    /// <summary>Writes a field into words that are zero where it goes.</summary>
    public static void Write(Span<int> words, int start, int stride, int index, int bits, int value)
    {
        long bit = (long)index * bits;
        int word = (int)(bit / 32);
        int shift = (int)(bit % 32);
        words[start + (word * stride)] |= value << shift;
        if (shift + bits > 32)
        {
            words[start + ((word + 1) * stride)] |= value >> (32 - shift);
        }
    }
}
