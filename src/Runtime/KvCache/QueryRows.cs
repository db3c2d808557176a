namespace Sparrow.Runtime.KvCache;

/// <summary>The queries of a slice that attend to one head of keys, as they are and in the form that some codecs read.</summary>
internal readonly unsafe struct QueryRows(float* floats, int count, short* words, float* scales, float* sums)
{
    /// <summary><c>[rows][headSize]</c>.</summary>
    public readonly float* Floats = floats;

    /// <summary>Rows.</summary>
    public readonly int Count = count;

    /// <summary>Rows as 16-bit integers, <c>[rows][<see cref="WordStride"/>]</c>.</summary>
    public readonly short* Words = words;

    /// <summary>What a row's integers are multiples of.</summary>
    public readonly float* Scales = scales;

    /// <summary>Each row's sum.</summary>
    public readonly float* Sums = sums;

    /// <summary>Integers from one row to the next: whole steps of four channels.</summary>
    public static int WordStride(int headSize) => (headSize + 3) & ~3;
}
