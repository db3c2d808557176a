using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ2_S: f16 d, 32 bytes of low index bits, 32 bytes of signs, 8 bytes of four 2-bit high index parts, 8 bytes of two 4-bit scales;
/// w = ±d·(2·sc + 1)/8·grid in groups of 16.
/// </summary>
internal sealed class Iq2SCodec : CodebookCodec
{
    public override string Name => "iq2_s";

    public override int BlockBytes => 82;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block) / 8;
        for (int i = 0; i < 32; i++)
        {
            int index = block[2 + i] | (((block[66 + (i / 4)] >> (2 * (i % 4))) & 3) << 8);
            int scale = (block[74 + (i / 4)] >> (i % 4 < 2 ? 0 : 4)) & 15;
            WriteSigned(Codebook.Iq2S[index], block[34 + i], d * ((2 * scale) + 1), values[(8 * i)..]);
        }
    }
}
