using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Runtime.Loading;

/// <summary>A tensor on its way into a file, produced row by row, so that a writer holds one row and not a model.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Shape">Outputs first; at least one dimension.</param>
/// <param name="Type">The storage format, in capitals as files name it.</param>
/// <param name="RowBytes">Bytes of a row.</param>
/// <param name="WriteRow">Puts the stored bytes of a row into the span, which has the size of a row.</param>
internal sealed record TensorToWrite(string Name, long[] Shape, string Type, int RowBytes, TensorToWrite.RowWriter WriteRow)
{
    public TensorToWrite(string name, long[] shape, TensorCodec codec, RowWriter writeRow)
        : this(name, shape, codec.Name.ToUpperInvariant(), checked((int)codec.BytesOf(shape[^1])), writeRow)
    {
    }

    public delegate void RowWriter(int row, Span<byte> stored);

    public int Rows => checked((int)(Shape.Length == 1 ? 1 : Shape[..^1].Aggregate(1L, (product, size) => checked(product * size))));

    public long Bytes => (long)Rows * RowBytes;

    /// <summary>A tensor that is in memory already.</summary>
    public static TensorToWrite Of(StoredTensor tensor)
    {
        int rows = (int)(tensor.Shape.Length == 1 ? 1 : tensor.Shape[..^1].Aggregate(1L, (product, size) => product * size));
        int rowBytes = rows == 0 ? 0 : tensor.Data.Length / rows;
        return new TensorToWrite(tensor.Name, tensor.Shape, tensor.Type, rowBytes, (row, stored) => tensor.Data.AsSpan(row * rowBytes, rowBytes).CopyTo(stored));
    }

    /// <summary>Writes all rows to a stream, many at a time.</summary>
    public void WriteTo(Stream stream)
    {
        // About 1 MiB a piece: large enough for the disk, small enough for the cache.
        int rowsAtOnce = Math.Max(1, Math.Min(Rows, (1 << 20) / Math.Max(RowBytes, 1)));
        byte[] buffer = new byte[rowsAtOnce * RowBytes];
        for (int first = 0; first < Rows; first += rowsAtOnce)
        {
            int count = Math.Min(rowsAtOnce, Rows - first);
            for (int i = 0; i < count; i++)
            {
                WriteRow(first + i, buffer.AsSpan(i * RowBytes, RowBytes));
            }

            stream.Write(buffer, 0, count * RowBytes);
        }
    }
}
