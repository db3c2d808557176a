using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF IQ2_XS: f16 d, 32 times a 9-bit grid index below 7-bit signs, 8 bytes of two 4-bit scales; w = ±d·(2·sc + 1)/8·grid in groups of 16.</summary>
internal sealed class Iq2XsCodec() : CodebookCodec(-43, -25, -8, 8, 25, 43)
{
    public override string Name => "iq2_xs";

    public override int BlockBytes => 74;

    protected override int GroupValues => 16;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block) / 8;
        for (int i = 0; i < 32; i++)
        {
            uint code = BinaryPrimitives.ReadUInt16LittleEndian(block[(2 + (2 * i))..]);
            scales[i / 2] = d * ((2 * ((block[66 + (i / 4)] >> (i % 4 < 2 ? 0 : 4)) & 15)) + 1);
            WriteSigned(Codebook.Iq2Xs[(int)(code & 511)], CompleteSigns(code >> 9), numbers[(8 * i)..]);
        }
    }
}
