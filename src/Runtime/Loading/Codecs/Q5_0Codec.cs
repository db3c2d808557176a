using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q5_0: f16 d, 32 high bits, then 16 bytes of two nibbles; w = d·(q − 16). Five bits go into eight.</summary>
internal sealed class Q5_0Codec : GroupedCodec
{
    public override string Name => "q5_0";

    public override int BlockValues => 32;

    public override int BlockBytes => 22;

    protected override int Bits => 8;

    protected override int ZeroPoint => 16;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        uint high = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        UnpackNibbles(block[6..], codes);
        for (int i = 0; i < 32; i++)
        {
            codes[i] |= (byte)(((high >> i) & 1) << 4);
        }
    }
}
