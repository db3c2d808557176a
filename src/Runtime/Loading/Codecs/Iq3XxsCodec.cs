using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ3_XXS: f16 d, 64 grid indices of a byte for four values each, then for each 32 values a word of four 7-bit signs below a 4-bit
/// scale; w = ±d·(2·sc + 1)/4·grid.
/// </summary>
internal sealed class Iq3XxsCodec() : CodebookCodec(-62, -52, -44, -36, -28, -20, -12, -4, 4, 12, 20, 28, 36, 44, 52, 62)
{
    public override string Name => "iq3_xxs";

    public override int BlockBytes => 98;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block) / 4;
        for (int i = 0; i < 64; i++)
        {
            (int group, int inGroup) = Math.DivRem(i, 8);
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(block[(66 + (4 * group))..]);
            int signs = CompleteSigns(word >> (7 * (inGroup / 2))) >> (4 * (inGroup % 2));
            scales[group] = d * ((2 * (word >> 28)) + 1);
            WriteSigned(Codebook.Iq3Xxs[block[2 + i]], signs, numbers[(4 * i)..]);
        }
    }
}
