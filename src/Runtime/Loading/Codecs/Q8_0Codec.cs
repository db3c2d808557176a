using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q8_0: f16 d, then 32 signed bytes; w = d·q.</summary>
internal sealed class Q8_0Codec : GroupedCodec
{
    public override string Name => "q8_0";

    public override int BlockValues => 32;

    public override int BlockBytes => 34;

    protected override int Bits => 8;

    protected override int ZeroPoint => 128;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        // Flipping the sign bit adds 128 to a signed byte.
        ReadOnlySpan<byte> signed = block.Slice(2, 32);
        for (int i = 0; i < 32; i++)
        {
            codes[i] = (byte)(signed[i] ^ 0x80);
        }
    }
}
