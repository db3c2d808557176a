using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>The weight of a linear layer that is stored as several tensors; decoded to float when it is loaded.</summary>
internal abstract class ModuleTensor : TensorSource
{
    private readonly StoredPart[] _parts;

    /// <param name="name">Canonical name of the weight.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="format">Storage format, for reports.</param>
    /// <param name="parts">The stored tensors, codes first.</param>
    protected ModuleTensor(string name, int rows, int columns, string format, params StoredPart?[] parts)
        : base(name, [rows, columns])
    {
        Format = format;
        _parts = [.. parts.OfType<StoredPart>()];
    }

    public override string Format { get; }

    public override long Bytes => _parts.Sum(part => part.Entry.Bytes);

    public override string File => _parts[0].File;

    public override string NameInFile => _parts[0].Entry.Name;

    protected int Rows => (int)Shape[0];

    public override WeightMatrix CreateMatrix() => new DenseMatrix(Rows, Columns, DenseElement.F32);

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        float[] values = ArrayPool<float>.Shared.Rent(Columns);
        try
        {
            for (int row = firstRow; row < firstRow + rowCount; row++)
            {
                ReadRow(row, values, allowNonFinite);
                StoreRow(matrix, row, values.AsSpan(0, Columns));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    public override void ReadRow(int row, Span<float> values, bool allowNonFinite)
    {
        values = values[..Columns];
        DecodeRow(row, values);
        int column = allowNonFinite ? -1 : NonFinite.IndexOf32(MemoryMarshal.AsBytes(values));
        if (column >= 0)
        {
            throw new CheckpointException(File, "a weight is not finite", tensor: NameInFile, field: $"[{row},{column}]", expected: "finite numbers", found: "NaN or infinity");
        }
    }

    public override void Drop()
    {
        foreach (StoredPart part in _parts)
        {
            part.Mapped.Drop(part.Entry.Offset, part.Entry.Bytes);
        }
    }

    public override void AppendSample(IncrementalHash hash)
    {
        foreach (StoredPart part in _parts)
        {
            hash.AppendData(part.Mapped.Slice(part.Entry.Offset, (int)Math.Min(part.Entry.Bytes, 256)));
        }
    }

    /// <summary>Decodes a row as the format defines it, in float.</summary>
    protected abstract void DecodeRow(int row, Span<float> values);

    protected virtual void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<float> values) =>
        ((DenseMatrix)matrix).SetRow(row, MemoryMarshal.AsBytes(values));

    /// <summary>Checks that a size can be packed at all.</summary>
    protected static void RequireMultiple(StoredPart part, string what, int size, int divisor)
    {
        if (size % divisor != 0)
        {
            throw new CheckpointException(part.File, $"the {what} cannot be packed this way", tensor: part.Entry.Name, field: "shape", expected: $"a multiple of {divisor}", found: $"{size}");
        }
    }

    /// <summary>Scale index for a row and group of a table of one scale for all, one a row, or one a row and group.</summary>
    protected static int ScaleIndex(long[] shape, int row, int group) =>
        shape is [1] or [1, 1] or [] ? 0 : shape is [_] or [_, 1] ? row : checked((row * (int)shape[1]) + group);
}
