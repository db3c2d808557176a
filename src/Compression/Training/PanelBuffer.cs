using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Compression.Training;

/// <summary>Room for one matrix in panels; each use says what shape it has.</summary>
internal sealed class PanelBuffer(long floats) : IDisposable
{
    private readonly NativeBuffer _buffer = new(floats * sizeof(float));

    public int MatrixRows { get; private set; }

    public int MatrixColumns { get; private set; }

    public Span<float> Values => _buffer.AsSpan<float>();

    /// <summary>Takes a shape. What was in it before is garbage.</summary>
    public void Shape(int rows, int columns)
    {
        if ((long)FloatPanels.Floats(rows, columns) * sizeof(float) > _buffer.Length)
        {
            throw new ArgumentException($"A matrix of {rows} × {columns} does not fit the buffer of {_buffer.Length} bytes.", nameof(rows));
        }

        (MatrixRows, MatrixColumns) = (rows, columns);
    }

    /// <summary>Sets a row; columns past the values become 0.</summary>
    public void SetRow(int row, ReadOnlySpan<float> values) => FloatPanels.SetRow(Values, MatrixColumns, row, values);

    /// <summary>Sets a column; rows that pad become 0.</summary>
    public void SetColumn(int column, ReadOnlySpan<float> values) => FloatPanels.SetColumn(Values, MatrixColumns, column, values);

    public void Dispose() => _buffer.Dispose();
}
