using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF IQ4_XS: f16 d, 16 high scale bits, 4 bytes of low scale nibbles, 128 bytes of two table indices; w = d·(sc − 32)·table[q] in groups of 32.</summary>
internal sealed class Iq4XsCodec() : TableCodec(Iq4Table.Values)
{
    public override string Name => "iq4_xs";

    public override int BlockBytes => 136;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        ushort high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (int i = 0; i < 256; i++)
        {
            (int group, int l) = Math.DivRem(i, 32);
            int scale = (((block[4 + (group / 2)] >> (4 * (group % 2))) & 15) | (((high >> (2 * group)) & 3) << 4)) - 32;
            byte pair = block[8 + (16 * group) + (l % 16)];
            scales[group] = d * scale;
            numbers[i] = Iq4Table.Values[l < 16 ? pair & 15 : pair >> 4];
        }
    }
}
