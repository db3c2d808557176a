using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q2_0: f16 d, then 16 bytes of four 2-bit codes, lowest bits first; w = d·(q − 1).</summary>
internal sealed class Q2_0Codec : GroupedCodec
{
    public override string Name => "q2_0";

    public override int BlockValues => 64;

    public override int BlockBytes => 18;

    protected override int Bits => 4;

    protected override int ZeroPoint => 1;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (int i = 0; i < 64; i++)
        {
            codes[i] = (byte)((block[2 + (i / 4)] >> (2 * (i % 4))) & 3);
        }
    }
}
