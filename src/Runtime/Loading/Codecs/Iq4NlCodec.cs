using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF IQ4_NL: f16 d, then 16 bytes of two nibbles that index a table of whole numbers; w = d·table[q].</summary>
internal sealed class Iq4NlCodec : GroupedCodec
{
    public override string Name => "iq4_nl";

    public override int BlockValues => 32;

    public override int BlockBytes => 18;

    protected override int Bits => 8;

    protected override int ZeroPoint => 128;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        UnpackNibbles(block[2..], codes);
        for (int i = 0; i < 32; i++)
        {
            codes[i] = (byte)(Iq4Table.Values[codes[i]] + 128);
        }
    }
}
