using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q2_K: 16 bytes of 4-bit scale and 4-bit minimum, 64 bytes of four 2-bit codes, f16 d, f16 dmin; w = d·sc·q − dmin·m in groups of 16.</summary>
internal sealed class Q2KCodec : ExpandingCodec
{
    public override string Name => "q2_k";

    public override int BlockValues => 256;

    public override int BlockBytes => 84;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block[80..]);
        float dMinimum = (float)BinaryPrimitives.ReadHalfLittleEndian(block[82..]);
        for (int i = 0; i < 256; i++)
        {
            (int half, int inHalf) = Math.DivRem(i, 128);
            (int quarter, int l) = Math.DivRem(inHalf, 32);
            int code = (block[16 + (32 * half) + l] >> (2 * quarter)) & 3;
            int scales = block[i / 16];
            values[i] = (d * (scales & 15) * code) - (dMinimum * (scales >> 4));
        }
    }
}
