using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q4_0: f16 d, then 16 bytes of two nibbles; w = d·(q − 8).</summary>
internal sealed class Q4_0Codec : GroupedCodec
{
    public override string Name => "q4_0";

    public override int BlockValues => 32;

    public override int BlockBytes => 18;

    protected override int Bits => 4;

    protected override int ZeroPoint => 8;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes) => UnpackNibbles(block[2..], codes);
}
