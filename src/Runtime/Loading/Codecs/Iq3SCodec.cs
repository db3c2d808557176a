using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ3_S: f16 d, 64 bytes of low index bits for four values each, 8 bytes of high index bits, 32 bytes of signs, 4 bytes of two 4-bit
/// scales; w = ±d·(2·sc + 1)·grid in groups of 32.
/// </summary>
internal sealed class Iq3SCodec() : CodebookCodec(-15, -13, -11, -9, -7, -5, -3, -1, 1, 3, 5, 7, 9, 11, 13, 15)
{
    public override string Name => "iq3_s";

    public override int BlockBytes => 110;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        for (int i = 0; i < 64; i++)
        {
            (int group, int inGroup) = Math.DivRem(i, 8);
            int index = block[2 + i] | (((block[66 + group] >> inGroup) & 1) << 8);
            scales[group] = d * ((2 * ((block[106 + (group / 2)] >> (4 * (group % 2))) & 15)) + 1);
            int signs = block[74 + (i / 2)] >> (4 * (i % 2));
            WriteSigned(Codebook.Iq3S[index], signs, numbers[(4 * i)..]);
        }
    }
}
