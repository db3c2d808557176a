using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ2_S: f16 d, 32 bytes of low index bits, 32 bytes of signs, 8 bytes of four 2-bit high index parts, 8 bytes of two 4-bit scales;
/// w = ±d·(2·sc + 1)/8·grid in groups of 16.
/// </summary>
internal sealed class Iq2SCodec() : CodebookCodec(-43, -25, -8, 8, 25, 43)
{
    public override string Name => "iq2_s";

    public override int BlockBytes => 82;

    protected override int GroupValues => 16;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block) / 8;
        for (int i = 0; i < 32; i++)
        {
            int index = block[2 + i] | (((block[66 + (i / 4)] >> (2 * (i % 4))) & 3) << 8);
            scales[i / 2] = d * ((2 * ((block[74 + (i / 4)] >> (i % 4 < 2 ? 0 : 4)) & 15)) + 1);
            WriteSigned(Codebook.Iq2S[index], block[34 + i], numbers[(8 * i)..]);
        }
    }
}
