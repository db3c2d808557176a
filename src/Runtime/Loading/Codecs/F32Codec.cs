using System.Runtime.InteropServices;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>IEEE single precision, little-endian.</summary>
internal sealed class F32Codec : TensorCodec, IEncodingCodec
{
    public override string Name => "f32";

    public override int BlockValues => 1;

    public override int BlockBytes => 4;

    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values) => stored.CopyTo(MemoryMarshal.AsBytes(values));

    public void Encode(ReadOnlySpan<float> values, Span<byte> stored) => MemoryMarshal.AsBytes(values).CopyTo(stored);

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored) => NonFinite.IndexOf32(stored);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored) => ((DenseMatrix)matrix).SetRow(row, stored);
}
