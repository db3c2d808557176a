using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Compression.Training;

/// <summary>Rows of floats, each padded with zeros to a multiple of 32, as products read them; what pads must stay zero.</summary>
internal sealed class FloatRows : IDisposable
{
    private readonly NativeBuffer _buffer;

    public FloatRows(int capacity, int columns)
    {
        Capacity = capacity;
        Columns = columns;
        Stride = FloatPanels.PadColumns(columns);

        // Behind the last row a product that begins within the row may read on; what it reads counts for nothing.
        _buffer = new NativeBuffer((((long)capacity * Stride) + PanelMatrix.BlockColumns) * sizeof(float));
    }

    /// <summary>Most rows.</summary>
    public int Capacity { get; }

    public int Columns { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>Everything, padding included.</summary>
    public Span<float> Values => _buffer.AsSpan<float>();

    public Span<float> Row(int row) => Values.Slice(row * Stride, Columns);

    public Span<float> Rows(int first, int count) => Values.Slice(first * Stride, count * Stride);

    public void Dispose() => _buffer.Dispose();
}
