using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q5_1: f16 d, f16 m, 32 high bits, then 16 bytes of two nibbles; w = d·q + m. Five bits go into eight.</summary>
internal sealed class Q5_1Codec : GroupedCodec
{
    public override string Name => "q5_1";

    public override int BlockValues => 32;

    public override int BlockBytes => 24;

    protected override int Bits => 8;

    protected override int ZeroPoint => 0;

    protected override bool HasMinimum => true;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override ushort ReadMinimum(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        uint high = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        UnpackNibbles(block[8..], codes);
        for (int i = 0; i < 32; i++)
        {
            codes[i] |= (byte)(((high >> i) & 1) << 4);
        }
    }
}
