using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ1_M: 32 bytes of low index bits, 16 bytes of two 3-bit high index parts each with the sign of the offset, 4 words of four 3-bit
/// scales whose top nibbles together are the f16 d; w = d·(2·sc + 1)·(grid ± 1/8) in groups of 16.
/// </summary>
internal sealed class Iq1MCodec() : CodebookCodec(-9, -7, -1, 1, 7, 9)
{
    public override string Name => "iq1_m";

    public override int BlockBytes => 56;

    protected override int GroupValues => 16;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(block[48..]);
        ulong scale = ((bits >> 12) & 0xF) | ((bits >> 24) & 0xF0) | ((bits >> 36) & 0xF00) | ((bits >> 48) & 0xF000);
        float d = (float)BitConverter.UInt16BitsToHalf((ushort)scale);
        for (int group = 0; group < 16; group++)
        {
            (int word, int inWord) = Math.DivRem(group, 4);
            scales[group] = d * ((2 * ((int)(bits >> ((16 * word) + (3 * inWord))) & 7)) + 1) / 8;
        }

        for (int i = 0; i < 32; i++)
        {
            int high = (block[32 + (i / 2)] >> (4 * (i % 2))) & 15;
            Iq1SCodec.WriteOffset(Codebook.Iq1S[block[i] | ((high & 7) << 8)], (high & 8) != 0, numbers[(8 * i)..]);
        }
    }
}
