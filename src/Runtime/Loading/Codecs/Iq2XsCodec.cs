using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF IQ2_XS: f16 d, 32 times a 9-bit grid index below 7-bit signs, 8 bytes of two 4-bit scales; w = ±d·(2·sc + 1)/8·grid in groups of 16.</summary>
internal sealed class Iq2XsCodec : CodebookCodec
{
    public override string Name => "iq2_xs";

    public override int BlockBytes => 74;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block) / 8;
        for (int i = 0; i < 32; i++)
        {
            uint code = BinaryPrimitives.ReadUInt16LittleEndian(block[(2 + (2 * i))..]);
            int scale = (block[66 + (i / 4)] >> (i % 4 < 2 ? 0 : 4)) & 15;
            WriteSigned(Codebook.Iq2Xs[(int)(code & 511)], CompleteSigns(code >> 9), d * ((2 * scale) + 1), values[(8 * i)..]);
        }
    }
}
