using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q1_0: f16 d, then 128 bits; w = +d where the bit is set, else −d.</summary>
internal sealed class Q1_0Codec : GroupedCodec
{
    public override string Name => "q1_0";

    public override int BlockValues => 128;

    public override int BlockBytes => 18;

    protected override int Bits => 4;

    protected override int ZeroPoint => 1;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (int i = 0; i < 128; i++)
        {
            codes[i] = (byte)(2 * ((block[2 + (i / 8)] >> (i % 8)) & 1));
        }
    }
}
