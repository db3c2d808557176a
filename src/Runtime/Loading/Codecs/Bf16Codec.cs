using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>The upper half of single precision, little-endian.</summary>
internal sealed class Bf16Codec : TensorCodec, IEncodingCodec
{
    public override string Name => "bf16";

    public override int BlockValues => 1;

    public override int BlockBytes => 2;

    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values)
    {
        ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(stored);
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i <= upper.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Create(upper.Slice(i, Vector256<ushort>.Count)));
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector256<uint>.Count)..]);
        }

        for (; i < upper.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
        }
    }

    /// <summary>Rounds to nearest, ties to even; NaN stays NaN.</summary>
    public void Encode(ReadOnlySpan<float> values, Span<byte> stored)
    {
        Span<ushort> upper = MemoryMarshal.Cast<byte, ushort>(stored);
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            upper[i] = float.IsNaN(values[i]) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored) => NonFinite.IndexOfBf16(stored);

    public override WeightMatrix CreateMatrix(int rows, int columns) => new DenseMatrix(rows, columns, DenseElement.BF16);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored) => ((DenseMatrix)matrix).SetRow(row, stored);
}
