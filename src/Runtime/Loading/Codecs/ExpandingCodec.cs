namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// A block format that no compute layout holds bit for bit: it is decoded when it is loaded. A format whose values fit bf16 without loss says
/// so; the others become f32.
/// </summary>
internal abstract class ExpandingCodec : TensorCodec
{
    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values)
    {
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ExpandBlock(stored.Slice(block * BlockBytes, BlockBytes), values.Slice(block * BlockValues, BlockValues));
        }
    }

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored)
    {
        Span<float> values = stackalloc float[BlockValues];
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ExpandBlock(stored.Slice(block * BlockBytes, BlockBytes), values);
            if (NonFinite.IndexOf32(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values)) >= 0)
            {
                return block * BlockValues;
            }
        }

        return -1;
    }

    protected abstract void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values);
}
