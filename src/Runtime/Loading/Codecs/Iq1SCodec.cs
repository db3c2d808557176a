using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// GGUF IQ1_S: f16 d, 32 bytes of low index bits, then for each 32 values a word of four 3-bit high index parts, a 3-bit scale and the sign of
/// the offset; w = d·(2·sc + 1)·(grid ± 1/8).
/// </summary>
internal sealed class Iq1SCodec() : CodebookCodec(-9, -7, -1, 1, 7, 9)
{
    public override string Name => "iq1_s";

    public override int BlockBytes => 50;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        for (int i = 0; i < 32; i++)
        {
            (int group, int inGroup) = Math.DivRem(i, 4);
            int word = BinaryPrimitives.ReadUInt16LittleEndian(block[(34 + (2 * group))..]);
            int index = block[2 + i] | (((word >> (3 * inGroup)) & 7) << 8);
            scales[group] = d * ((2 * ((word >> 12) & 7)) + 1) / 8;
            WriteOffset(Codebook.Iq1S[index], (word & 0x8000) != 0, numbers[(8 * i)..]);
        }
    }

    /// <summary>Writes an entry in eighths, moved by one up or down; also what IQ1_M does.</summary>
    public static void WriteOffset(ReadOnlySpan<sbyte> entry, bool down, Span<sbyte> numbers)
    {
        int offset = down ? -1 : 1;
        for (int i = 0; i < entry.Length; i++)
        {
            numbers[i] = (sbyte)((8 * entry[i]) + offset);
        }
    }
}
