using System.Runtime.InteropServices;

namespace Sparrow.Compression.Pipeline;

/// <summary>Residual streams of the calibration sequences between two blocks: in memory up to a limit, the rest in a file.</summary>
internal sealed class ActivationStore : IDisposable
{
    private readonly int _width;
    private readonly float[]?[] _segments;
    private readonly int[] _lengths;
    private readonly long[] _offsets;
    private readonly FileStream? _spill;

    /// <param name="lengths">Tokens of each sequence.</param>
    /// <param name="width">Floats of a token.</param>
    /// <param name="memoryBytes">Most bytes in memory.</param>
    /// <param name="spillFile">Where the rest goes; deleted in the end.</param>
    public ActivationStore(IReadOnlyList<int> lengths, int width, long memoryBytes, string spillFile)
    {
        _width = width;
        _lengths = [.. lengths];
        _segments = new float[_lengths.Length][];
        _offsets = new long[_lengths.Length];
        long spilled = 0;
        for (int segment = 0; segment < _lengths.Length; segment++)
        {
            long bytes = (long)_lengths[segment] * width * sizeof(float);
            if (bytes <= memoryBytes)
            {
                _segments[segment] = new float[_lengths[segment] * width];
                memoryBytes -= bytes;
            }
            else
            {
                _offsets[segment] = spilled;
                spilled += bytes;
            }
        }

        if (spilled > 0)
        {
            _spill = new FileStream(
                spillFile, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            _spill.SetLength(spilled);
        }

        LongestTokens = _lengths.Max();
    }

    public int Count => _lengths.Length;

    /// <summary>Tokens of the longest sequence.</summary>
    public int LongestTokens { get; }

    /// <summary>Floats of a sequence.</summary>
    public int SizeOf(int segment) => _lengths[segment] * _width;

    /// <summary>A sequence's streams as memory to change; <see cref="Return"/> keeps the change.</summary>
    /// <param name="segment">Index of the sequence.</param>
    /// <param name="scratch">Used where the sequence is not in memory; as large as the longest one.</param>
    public Span<float> Take(int segment, float[] scratch)
    {
        if (_segments[segment] is { } values)
        {
            return values;
        }

        Span<float> span = scratch.AsSpan(0, SizeOf(segment));
        _spill!.Position = _offsets[segment];
        _spill.ReadExactly(MemoryMarshal.AsBytes(span));
        return span;
    }

    public void Return(int segment, ReadOnlySpan<float> values)
    {
        if (_segments[segment] is null)
        {
            _spill!.Position = _offsets[segment];
            _spill.Write(MemoryMarshal.AsBytes(values));
        }
    }

    /// <summary>Writes everything to a stream.</summary>
    public void Save(Stream stream)
    {
        float[] scratch = new float[_spill is null ? 0 : LongestTokens * _width];
        for (int segment = 0; segment < Count; segment++)
        {
            stream.Write(MemoryMarshal.AsBytes(Take(segment, scratch)));
        }
    }

    /// <summary>Takes everything from a stream.</summary>
    public void Load(Stream stream)
    {
        float[] scratch = new float[_spill is null ? 0 : LongestTokens * _width];
        for (int segment = 0; segment < Count; segment++)
        {
            Span<float> values = _segments[segment] is { } kept ? kept : scratch.AsSpan(0, SizeOf(segment));
            stream.ReadExactly(MemoryMarshal.AsBytes(values));
            Return(segment, values);
        }
    }

    public void Dispose() => _spill?.Dispose();
}
