using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Runtime.Loading;

/// <summary>A tensor on its way into a file, produced row by row, so that a writer holds one row and not a model.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Shape">Outputs first; at least one dimension.</param>
/// <param name="Codec">The storage format.</param>
/// <param name="WriteRow">Puts the stored bytes of a row into the span, which has the size of a row.</param>
internal sealed record TensorToWrite(string Name, long[] Shape, TensorCodec Codec, TensorToWrite.RowWriter WriteRow)
{
    public delegate void RowWriter(int row, Span<byte> stored);

    public int Columns => checked((int)Shape[^1]);

    public int Rows => checked((int)(Shape.Length == 1 ? 1 : Shape[..^1].Aggregate(1L, (product, size) => checked(product * size))));

    public int RowBytes => checked((int)Codec.BytesOf(Columns));

    public long Bytes => (long)Rows * RowBytes;

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
