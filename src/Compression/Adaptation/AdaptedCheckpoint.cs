using System.Runtime.InteropServices;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Quantization;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Adaptation;

/// <summary>
/// A checkpoint as an adaptation has made it so far, its weights merged when they are asked for: what is held is masks and adapters, not a second model.
/// </summary>
/// <param name="source">The dense model; stays the caller's.</param>
/// <param name="state">Masks and adapters; read anew with every tensor.</param>
/// <param name="quantization">What the sparse weights are rounded to; null: they stay floats.</param>
/// <param name="withAdapters">Whether adapters are merged in; else the weights are those that adapters are trained on top of.</param>
/// <param name="pool">Threads.</param>
internal sealed class AdaptedCheckpoint(Checkpoint source, AdaptState state, QuantizationScheme? quantization, bool withAdapters, WorkerPool? pool) : DerivedCheckpoint(source)
{
    private string? _name;
    private float[] _values = [];

    /// <summary>A matrix as floats, row-major, of the caller's own.</summary>
    public float[] Read(AdaptedLinear linear)
    {
        float[] weights = linear.Frozen(BlockRunner.ReadMatrix(Source, linear.Name, linear.Rows, linear.Columns), quantization, pool);
        if (withAdapters)
        {
            AdapterMerge.Add(linear.Adapter, weights, pool);
        }

        return weights;
    }

    public override WeightMatrix LoadMatrix(string name, int rows, int columns)
    {
        if (state.Find(name) is not { } linear)
        {
            return Source.LoadMatrix(name, rows, columns);
        }

        float[] values = Read(linear);
        DenseMatrix matrix = new(rows, columns, DenseElement.F32);
        for (int row = 0; row < rows; row++)
        {
            matrix.SetRow(row, MemoryMarshal.AsBytes(values.AsSpan(row * columns, columns)));
        }

        return matrix;
    }

    /// <summary>Rows of one matrix are asked for one after the other: the matrix is made once and kept until another is asked for.</summary>
    public override void ReadRow(string name, int row, Span<float> values)
    {
        if (state.Find(name) is not { } linear)
        {
            Source.ReadRow(name, row, values);
            return;
        }

        if (_name != name)
        {
            _values = Read(linear);
            _name = name;
        }

        _values.AsSpan(row * linear.Columns, linear.Columns).CopyTo(values);
    }

    /// <summary>Forgets the matrix that was made last: after a change of the state.</summary>
    public void Forget()
    {
        _name = null;
        _values = [];
    }
}
