using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF TQ1_0: 48 bytes of five ternary digits, 4 bytes of four, then f16 d; w = d·(t − 1).</summary>
internal sealed class Tq1_0Codec : GroupedCodec
{
    public override string Name => "tq1_0";

    public override int BlockValues => 256;

    public override int BlockBytes => 54;

    protected override int Bits => 4;

    protected override int ZeroPoint => 1;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block[52..]);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        int next = Unpack(block[..32], 5, codes, 0);
        next = Unpack(block.Slice(32, 16), 5, codes, next);
        Unpack(block.Slice(48, 4), 4, codes, next);
    }

    /// <summary>A byte is a fixed-point fraction of 256; its ternary digits come out by multiplying with 3, first digits of all bytes first.</summary>
    private static int Unpack(ReadOnlySpan<byte> packed, int digits, Span<byte> codes, int next)
    {
        int power = 1;
        for (int digit = 0; digit < digits; digit++, power *= 3)
        {
            foreach (byte value in packed)
            {
                codes[next++] = (byte)(((byte)(value * power) * 3) >> 8);
            }
        }

        return next;
    }
}
