using System.Runtime.InteropServices;
using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Compression.Training;

/// <summary>
/// The weights of a linear: floats, or, where they are frozen and bf16 holds every one of them, bf16 in half the memory. They are computed with as floats in either
/// case, so that results have the same bits.
/// </summary>
internal sealed class LinearWeights
{
    private static readonly Bf16Codec s_codec = new();

    private readonly int _columns;
    private readonly ushort[]? _halves;

    /// <param name="values">Row-major.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="isFrozen">Whether nothing will change them.</param>
    public LinearWeights(float[] values, int columns, bool isFrozen)
    {
        _columns = columns;
        if (isFrozen && Array.TrueForAll(values, IsBFloat16))
        {
            _halves = new ushort[values.Length];
            for (int start = 0; start < values.Length; start += columns)
            {
                s_codec.Encode(values.AsSpan(start, columns), Stored(start));
            }
        }
        else
        {
            Floats = values;
        }
    }

    /// <summary>Null where they are held as bf16.</summary>
    public float[]? Floats { get; }

    public int Count => Floats?.Length ?? _halves!.Length;

    /// <summary>A row; it may lie in <paramref name="scratch"/>.</summary>
    public ReadOnlySpan<float> Row(int row, Span<float> scratch)
    {
        if (Floats is not null)
        {
            return Floats.AsSpan(row * _columns, _columns);
        }

        s_codec.Expand(Stored(row * _columns), scratch[.._columns]);
        return scratch[.._columns];
    }

    public float[] ToArray()
    {
        if (Floats is not null)
        {
            return [.. Floats];
        }

        float[] values = new float[Count];
        for (int start = 0; start < values.Length; start += _columns)
        {
            s_codec.Expand(Stored(start), values.AsSpan(start, _columns));
        }

        return values;
    }

    private Span<byte> Stored(int start) => MemoryMarshal.AsBytes(_halves.AsSpan(start, _columns));

    private static bool IsBFloat16(float value) => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) == 0 && !float.IsNaN(value);
}
