using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q4_1: f16 d, f16 m, then 16 bytes of two nibbles; w = d·q + m.</summary>
internal sealed class Q4_1Codec : GroupedCodec
{
    public override string Name => "q4_1";

    public override int BlockValues => 32;

    public override int BlockBytes => 20;

    protected override int Bits => 4;

    protected override int ZeroPoint => 0;

    protected override bool HasMinimum => true;

    protected override ushort ReadScale(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override ushort ReadMinimum(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes) => UnpackNibbles(block[4..], codes);
}
