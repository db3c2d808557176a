namespace Sparrow.Runtime.Tensors;

/// <summary>
/// The weights of one linear layer, <c>[rows, columns]</c> = [outputs, inputs], in one of the compute layouts of <c>Layouts/</c>:
/// y[t, r] = Σ over c of w[r, c] · x[t, c].
/// </summary>
public abstract class WeightMatrix : IDisposable
{
    protected WeightMatrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Bytes in memory, scales and padding included.</summary>
    public abstract long Bytes { get; }

    /// <summary>Short name of the layout and its parameters, for reports: <c>f32</c>, <c>bf16</c>, <c>int4-g32</c>.</summary>
    public abstract string Format { get; }

    /// <summary>Expands one row to float: the embedding lookup, and the definition that every kernel is held to.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="destination">At least <see cref="Columns"/> floats.</param>
    public abstract void ExpandRow(int row, Span<float> destination);

    public abstract void Dispose();
}
