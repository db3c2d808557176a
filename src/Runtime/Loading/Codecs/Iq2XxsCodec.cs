using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ2_XXS: f16 d, then for each 32 values four grid indices of a byte and a word of four 7-bit signs below a 4-bit scale;
/// w = ±d·(2·sc + 1)/8·grid.
/// </summary>
internal sealed class Iq2XxsCodec() : CodebookCodec(-43, -25, -8, 8, 25, 43)
{
    public override string Name => "iq2_xxs";

    public override int BlockBytes => 66;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block) / 8;
        for (int group = 0; group < 8; group++)
        {
            ReadOnlySpan<byte> indices = block.Slice(2 + (8 * group), 4);
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(block[(6 + (8 * group))..]);
            scales[group] = d * ((2 * (word >> 28)) + 1);
            for (int i = 0; i < 4; i++)
            {
                WriteSigned(Codebook.Iq2Xxs[indices[i]], CompleteSigns(word >> (7 * i)), numbers[((32 * group) + (8 * i))..]);
            }
        }
    }
}
