using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF TQ2_0: 64 bytes of four 2-bit codes, then f16 d; w = d·(q − 1). Byte m of 32 holds values m, m + 32, m + 64, m + 96.</summary>
internal sealed class Tq2_0Codec : GroupedCodec
{
    public override string Name => "tq2_0";

    public override int BlockValues => 256;

    public override int BlockBytes => 66;

    protected override int Bits => 4;

    protected override int ZeroPoint => 1;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block[64..]);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (int i = 0; i < 256; i++)
        {
            int value = i % 128;
            codes[i] = (byte)((block[(i / 128 * 32) + (value % 32)] >> (2 * (value / 32))) & 3);
        }
    }
}
