using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, f16 d; w = d·sc·(q − 32) in groups of 16.</summary>
internal sealed class Q6KCodec : ExpandingCodec
{
    public override string Name => "q6_k";

    public override int BlockValues => 256;

    public override int BlockBytes => 210;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block[208..]);
        for (int i = 0; i < 256; i++)
        {
            (int half, int inHalf) = Math.DivRem(i, 128);
            (int quarter, int l) = Math.DivRem(inHalf, 32);
            byte pair = block[(64 * half) + (32 * (quarter % 2)) + l];
            int low = quarter < 2 ? pair & 15 : pair >> 4;
            int high = (block[128 + (32 * half) + l] >> (2 * quarter)) & 3;
            values[i] = d * (sbyte)block[192 + (i / 16)] * ((low | (high << 4)) - 32);
        }
    }
}
