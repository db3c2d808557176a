using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// One storage format of weights: blocks of <see cref="BlockValues"/> values in <see cref="BlockBytes"/> bytes, rows one after the other.
/// A codec yields floats, and fills the compute layout that holds its bits without loss. Codecs have no state.
/// </summary>
internal abstract class TensorCodec
{
    /// <summary>Lower case: <c>f32</c>, <c>q4_1</c>.</summary>
    public abstract string Name { get; }

    public abstract int BlockValues { get; }

    public abstract int BlockBytes { get; }

    /// <summary>Bytes of some values; the count is a whole number of blocks.</summary>
    public long BytesOf(long values) => values / BlockValues * BlockBytes;

    /// <summary>Decodes whole blocks.</summary>
    public abstract void Expand(ReadOnlySpan<byte> stored, Span<float> values);

    /// <summary>Index of a value (for block formats: of its block's first) that is not finite, or -1.</summary>
    public abstract int IndexOfNonFinite(ReadOnlySpan<byte> stored);

    /// <summary>An empty matrix of the layout that <see cref="StoreRow"/> fills.</summary>
    public virtual WeightMatrix CreateMatrix(int rows, int columns) => new DenseMatrix(rows, columns, DenseElement.F32);

    /// <summary>Puts a stored row into a matrix made by <see cref="CreateMatrix"/>. Rows of different panels may be stored concurrently.</summary>
    public virtual void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored)
    {
        float[] values = System.Buffers.ArrayPool<float>.Shared.Rent(matrix.Columns);
        try
        {
            Expand(stored, values.AsSpan(0, matrix.Columns));
            ((DenseMatrix)matrix).SetRow(row, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan(0, matrix.Columns)));
        }
        finally
        {
            System.Buffers.ArrayPool<float>.Shared.Return(values);
        }
    }
}
