using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ1_M: 32 bytes of low index bits, 16 bytes of two 3-bit high index parts each with the sign of the offset, 4 words of four 3-bit
/// scales whose top nibbles together are the f16 d; w = d·(2·sc + 1)·(grid ± 1/8) in groups of 16.
/// </summary>
internal sealed class Iq1MCodec : CodebookCodec
{
    public override string Name => "iq1_m";

    public override int BlockBytes => 56;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        ulong scales = BinaryPrimitives.ReadUInt64LittleEndian(block[48..]);
        ulong bits = ((scales >> 12) & 0xF) | ((scales >> 24) & 0xF0) | ((scales >> 36) & 0xF00) | ((scales >> 48) & 0xF000);
        float d = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
        for (int i = 0; i < 32; i++)
        {
            int high = (block[32 + (i / 2)] >> (4 * (i % 2))) & 15;
            (int word, int inWord) = Math.DivRem(i / 2, 4);
            int scale = (int)(scales >> ((16 * word) + (3 * inWord))) & 7;
            Iq1SCodec.WriteOffset(Codebook.Iq1S[block[i] | ((high & 7) << 8)], (high & 8) != 0, d * ((2 * scale) + 1), values[(8 * i)..]);
        }
    }
}
