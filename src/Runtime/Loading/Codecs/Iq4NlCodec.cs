using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF IQ4_NL: f16 d, then 16 bytes of two nibbles that index a table of whole numbers; w = d·table[q].</summary>
internal sealed class Iq4NlCodec() : TableCodec(Iq4Table.Values)
{
    public override string Name => "iq4_nl";

    public override int BlockValues => 32;

    public override int BlockBytes => 18;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        scales[0] = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        for (int i = 0; i < 32; i++)
        {
            byte pair = block[2 + (i % 16)];
            numbers[i] = Iq4Table.Values[i < 16 ? pair & 15 : pair >> 4];
        }
    }
}
