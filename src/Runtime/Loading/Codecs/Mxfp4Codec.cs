using System.Buffers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF MXFP4: an exponent e, then 16 bytes of two 4-bit floats; w = e2m1·2^(e − 127), which bf16 holds without loss.</summary>
internal sealed class Mxfp4Codec : ExpandingCodec
{
    public override string Name => "mxfp4";

    public override int BlockValues => 32;

    public override int BlockBytes => 17;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        // The table is doubled, so the power is one less.
        float scale = MathF.ScaleB(1, block[0] - 128);
        for (int i = 0; i < 32; i++)
        {
            byte pair = block[1 + (i % 16)];
            values[i] = Fp4Table.Doubled[i < 16 ? pair & 15 : pair >> 4] * scale;
        }
    }

    public override WeightMatrix CreateMatrix(int rows, int columns) => new DenseMatrix(rows, columns, DenseElement.BF16);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored)
    {
        float[] values = ArrayPool<float>.Shared.Rent(matrix.Columns);
        byte[] elements = ArrayPool<byte>.Shared.Rent(2 * matrix.Columns);
        try
        {
            Expand(stored, values.AsSpan(0, matrix.Columns));
            Span<byte> bytes = elements.AsSpan(0, 2 * matrix.Columns);
            CodecRegistry.Bf16.Encode(values.AsSpan(0, matrix.Columns), bytes);
            ((DenseMatrix)matrix).SetRow(row, bytes);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
            ArrayPool<byte>.Shared.Return(elements);
        }
    }
}
