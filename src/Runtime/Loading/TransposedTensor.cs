using System.Security.Cryptography;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Loading;

/// <summary>Some columns of a matrix that is stored inputs first, as gpt2's are: they are the rows of the matrix that the program uses.</summary>
/// <param name="name">Canonical name.</param>
/// <param name="rows">Rows, which are stored as columns.</param>
/// <param name="codec">The format, of single values.</param>
/// <param name="file">The file, which outlives this.</param>
/// <param name="entry">The whole stored matrix, <c>[columns, stored rows]</c>.</param>
/// <param name="firstRow">Which stored column is row 0.</param>
internal sealed class TransposedTensor(string name, long rows, TensorCodec codec, MappedFile file, SafetensorsEntry entry, long firstRow)
    : TensorSource(name, [rows, entry.Shape[0]])
{
    private const int SampleBytes = 256;

    public override string NameInFile => entry.Name;

    public override string Format => codec.Name;

    public override long Bytes => rows * Columns * codec.BlockBytes;

    public override string File => file.Path;

    public override WeightMatrix CreateMatrix() => codec.CreateMatrix(checked((int)rows), Columns);

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        byte[] stored = new byte[Columns * codec.BlockBytes];
        for (int row = firstRow; row < firstRow + rowCount; row++)
        {
            Gather(row, stored, allowNonFinite);
            codec.StoreRow(matrix, row, stored);
        }
    }

    public override void ReadRow(int row, Span<float> values, bool allowNonFinite)
    {
        byte[] stored = new byte[Columns * codec.BlockBytes];
        Gather(row, stored, allowNonFinite);
        codec.Expand(stored, values[..Columns]);
    }

    public override void Drop() => file.Drop(entry.Offset, entry.Bytes);

    public override void AppendSample(IncrementalHash hash)
    {
        int length = (int)Math.Min(entry.Bytes, SampleBytes);
        hash.AppendData(file.Slice(entry.Offset, length));
        hash.AppendData(file.Slice(entry.Offset + entry.Bytes - length, length));
    }

    private void Gather(int row, Span<byte> stored, bool allowNonFinite)
    {
        int size = codec.BlockBytes;
        long stride = entry.Shape[1] * size;
        long offset = entry.Offset + ((firstRow + row) * size);
        for (int column = 0; column < Columns; column++)
        {
            file.Slice(offset + (column * stride), size).CopyTo(stored.Slice(column * size, size));
        }

        int bad = allowNonFinite ? -1 : codec.IndexOfNonFinite(stored);
        if (bad >= 0)
        {
            throw new CheckpointException(
                File, "a value is not finite", tensor: NameInFile, field: $"[{bad},{firstRow + row}]", expected: "finite numbers", found: "NaN or infinity");
        }
    }
}
