using System.Runtime.InteropServices;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Compression.Pipeline;

/// <summary>A checkpoint with some tensors replaced by values in memory: how blocks are run that no file holds yet.</summary>
internal sealed class OverlayCheckpoint(Checkpoint source) : DerivedCheckpoint(source)
{
    private readonly Dictionary<string, float[]> _values = new(StringComparer.Ordinal);

    /// <summary>Replaces a tensor; the array is read when the tensor is loaded.</summary>
    public void Set(string name, float[] values) => _values[name] = values;

    /// <summary>Shows the source's tensors again.</summary>
    public void Clear() => _values.Clear();

    public override WeightMatrix LoadMatrix(string name, int rows, int columns)
    {
        float[]? values = _values.GetValueOrDefault(name);
        if (values is null && Source.Tensors.TryGetValue(name, out TensorInfo? tensor) && tensor.Format is "f32" or "f16" or "bf16")
        {
            return Source.LoadMatrix(name, rows, columns);
        }

        // Quantised sources are run as the floats that steps see of them.
        DenseMatrix matrix = new(rows, columns, DenseElement.F32);
        float[] row = values is null ? new float[columns] : [];
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<float> line = row;
            if (values is null)
            {
                Source.ReadRow(name, i, row);
            }
            else
            {
                line = values.AsSpan(i * columns, columns);
            }

            matrix.SetRow(i, MemoryMarshal.AsBytes(line));
        }

        return matrix;
    }

    public override float[] LoadVector(string name, int length) => _values.GetValueOrDefault(name) is { } values ? [.. values] : Source.LoadVector(name, length);
}
