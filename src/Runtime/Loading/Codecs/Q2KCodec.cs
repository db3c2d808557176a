using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q2_K: 16 bytes of 4-bit scale and 4-bit minimum, 64 bytes of four 2-bit codes, f16 d, f16 dmin; w = d·sc·q − dmin·m in groups of 16.</summary>
internal sealed class Q2KCodec() : TableCodec(0, 1, 2, 3)
{
    public override string Name => "q2_k";

    public override int BlockBytes => 84;

    protected override int GroupValues => 16;

    protected override bool HasMinimum => true;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block[80..]);
        float dMinimum = (float)BinaryPrimitives.ReadHalfLittleEndian(block[82..]);
        for (int group = 0; group < scales.Length; group++)
        {
            scales[group] = d * (block[group] & 15);
            minimums[group] = -(dMinimum * (block[group] >> 4));
        }

        for (int i = 0; i < 256; i++)
        {
            (int half, int inHalf) = Math.DivRem(i, 128);
            (int quarter, int l) = Math.DivRem(inHalf, 32);
            numbers[i] = (sbyte)((block[16 + (32 * half) + l] >> (2 * quarter)) & 3);
        }
    }
}
