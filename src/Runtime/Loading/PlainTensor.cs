using System.Security.Cryptography;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Loading.Quantized;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Loading;

/// <summary>A tensor that is one range of a file, in the blocks of one codec.</summary>
/// <param name="name">Canonical name.</param>
/// <param name="shape">Logical shape, outputs first.</param>
/// <param name="codec">Its format; null where it holds no weights.</param>
/// <param name="storedType">The format as the file names it, for messages.</param>
/// <param name="file">The file, which outlives this.</param>
/// <param name="offset">First byte.</param>
/// <param name="bytes">Length.</param>
/// <param name="rowOrder">Which stored row is which.</param>
internal sealed class PlainTensor(
    string name, long[] shape, TensorCodec? codec, string storedType, MappedFile file, long offset, long bytes, RowOrder rowOrder = default)
    : TensorSource(name, shape)
{
    // Long enough to tell weights apart, short enough that a digest reads a page or two of each tensor.
    private const int SampleBytes = 256;
    private const int PanelRows = 16;

    /// <summary>A whole stored tensor, whatever it is called in the file.</summary>
    public static PlainTensor Of(string name, StoredPart part) =>
        new(name, part.Entry.Shape, CodecRegistry.FindSafetensors(part.Entry.Type), part.Entry.Type, part.Mapped, part.Entry.Offset, part.Entry.Bytes) { StoredName = part.Entry.Name };

    /// <summary>Name in the file, where it is another.</summary>
    public string? StoredName { get; init; }

    public override string NameInFile => StoredName ?? Name;

    public override string Format => codec?.Name ?? storedType.ToLowerInvariant();

    public override long Bytes => bytes;

    public override string File => file.Path;

    public override string? Unusable => codec is null ? $"the type {storedType} holds no weights that can be used" : null;

    public TensorCodec Codec => codec ?? throw new InvalidOperationException(Unusable);

    public RowOrder RowOrder => rowOrder;

    /// <summary>The stored bytes of a row, in Hugging Face order.</summary>
    public ReadOnlySpan<byte> StoredRow(int row)
    {
        int rowBytes = checked((int)Codec.BytesOf(Columns));
        int storedRow = Shape.Length > 1 ? rowOrder.StoredRow(row) : 0;
        return file.Slice(offset + ((long)storedRow * rowBytes), rowBytes);
    }

    public override WeightMatrix CreateMatrix() => Codec.CreateMatrix(checked((int)Shape[0]), Columns);

    /// <summary>Layouts come in panels of 16 rows, so one panel tells the size of any number, be it more than the memory there is.</summary>
    public override (string Layout, long Bytes) PlanMatrix()
    {
        int rows = checked((int)Shape[0]);
        using WeightMatrix panel = Codec.CreateMatrix(PanelRows, Columns);
        return (panel.Format, panel.Bytes * ((rows + PanelRows - 1) / PanelRows));
    }

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        for (int row = firstRow; row < firstRow + rowCount; row++)
        {
            ReadOnlySpan<byte> stored = StoredRow(row);
            if (!allowNonFinite)
            {
                CheckFinite(row, stored);
            }

            Codec.StoreRow(matrix, row, stored);
        }
    }

    public override void ReadRow(int row, Span<float> values, bool allowNonFinite)
    {
        values = values[..Columns];
        if (Shape.Length == 1 && rowOrder.PartCount > 0)
        {
            ReadPart(values, allowNonFinite);
            return;
        }

        ReadOnlySpan<byte> stored = StoredRow(row);
        if (!allowNonFinite)
        {
            CheckFinite(row, stored);
        }

        Codec.Expand(stored, values);
        if (Shape.Length == 1 && rowOrder.HeadSize > 0)
        {
            // The values of a bias stand in the order of its matrix's rows.
            float[] reordered = new float[values.Length];
            for (int i = 0; i < reordered.Length; i++)
            {
                reordered[i] = values[rowOrder.StoredRow(i)];
            }

            reordered.CopyTo(values);
        }
    }

    public override void Drop() => file.Drop(offset, bytes);

    public override void AppendSample(IncrementalHash hash)
    {
        int length = (int)Math.Min(bytes, SampleBytes);
        hash.AppendData(file.Slice(offset, length));
        hash.AppendData(file.Slice(offset + bytes - length, length));
    }

    /// <summary>A vector's part that lies scattered over it, head by head; its codec is one of single values.</summary>
    private void ReadPart(Span<float> values, bool allowNonFinite)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> stored = file.Slice(offset + ((long)rowOrder.StoredRow(i) * Codec.BlockBytes), Codec.BlockBytes);
            Codec.Expand(stored, values.Slice(i, 1));
            if (!allowNonFinite && !float.IsFinite(values[i]))
            {
                throw new CheckpointException(File, $"value {rowOrder.StoredRow(i)} is not finite", tensor: NameInFile, field: $"[{rowOrder.StoredRow(i)}]", expected: "finite numbers", found: $"{values[i]}");
            }
        }
    }

    private void CheckFinite(int row, ReadOnlySpan<byte> stored)
    {
        int column = Codec.IndexOfNonFinite(stored);
        if (column < 0)
        {
            return;
        }

        long index = ((long)rowOrder.StoredRow(row) * Columns) + column;
        string place = Shape.Length > 1 ? $"[{row},{column}]" : $"[{column}]";
        if (Codec.BlockValues > 1)
        {
            throw new CheckpointException(
                File, $"the scale of block {index / Codec.BlockValues} is not finite", tensor: NameInFile, field: place, expected: "finite numbers", found: "NaN or infinity");
        }

        Span<float> value = stackalloc float[1];
        Codec.Expand(stored.Slice(column * Codec.BlockBytes, Codec.BlockBytes), value);
        throw new CheckpointException(
            File, $"value {index} is not finite", tensor: NameInFile, field: place, expected: "finite numbers", found: float.IsNaN(value[0]) ? "NaN" : "Infinity");
    }
}
