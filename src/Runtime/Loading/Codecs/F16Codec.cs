using System.Runtime.InteropServices;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>IEEE half precision, little-endian.</summary>
internal sealed class F16Codec : TensorCodec, IEncodingCodec
{
    public override string Name => "f16";

    public override int BlockValues => 1;

    public override int BlockBytes => 2;

    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values)
    {
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(stored);
        for (int i = 0; i < halves.Length; i++)
        {
            values[i] = (float)halves[i];
        }
    }

    /// <summary>Rounds to nearest, ties to even.</summary>
    public void Encode(ReadOnlySpan<float> values, Span<byte> stored)
    {
        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(stored);
        for (int i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)values[i];
        }
    }

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored) => NonFinite.IndexOfF16(stored);

    public override WeightMatrix CreateMatrix(int rows, int columns) => new DenseMatrix(rows, columns, DenseElement.F16);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored) => ((DenseMatrix)matrix).SetRow(row, stored);
}
