namespace Sparrow.Compression.Pipeline;

/// <summary>Keeps tokens of an input, evenly spread over all that pass.</summary>
internal sealed class InputSamples(int columns, int wanted, long total)
{
    private readonly float[] _values = new float[checked((int)(Math.Min(wanted, total) * columns))];
    private long _seen;
    private int _kept;

    public ReadOnlyMemory<float> Values => _values.AsMemory(0, _kept * columns);

    public void Add(ReadOnlySpan<float> tokens)
    {
        for (int start = 0; start < tokens.Length; start += columns, _seen++)
        {
            // The token of number k·total/wanted is the k-th kept.
            if (_kept * columns < _values.Length && _seen >= _kept * total / wanted)
            {
                tokens.Slice(start, columns).CopyTo(_values.AsSpan(_kept++ * columns));
            }
        }
    }
}
