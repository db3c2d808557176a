using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q3_K: 32 bytes of high bits, 64 bytes of four 2-bit codes, 12 bytes of 6-bit scales, f16 d; w = d·(sc − 32)·(q − 4 where the high bit is clear) in groups of 16.</summary>
internal sealed class Q3KCodec() : TableCodec(-4, -3, -2, -1, 0, 1, 2, 3)
{
    public override string Name => "q3_k";

    public override int BlockBytes => 110;

    protected override int GroupValues => 16;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block[108..]);
        ReadOnlySpan<byte> packed = block.Slice(96, 12);
        for (int group = 0; group < scales.Length; group++)
        {
            int low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
            scales[group] = d * ((low | (((packed[8 + (group % 4)] >> (2 * (group / 4))) & 3) << 4)) - 32);
        }

        for (int i = 0; i < 256; i++)
        {
            (int half, int inHalf) = Math.DivRem(i, 128);
            (int quarter, int l) = Math.DivRem(inHalf, 32);
            int code = (block[32 + (32 * half) + l] >> (2 * quarter)) & 3;
            if ((block[l] >> ((4 * half) + quarter) & 1) == 0)
            {
                code -= 4;
            }

            numbers[i] = (sbyte)code;
        }
    }
}
