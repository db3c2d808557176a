using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q4_K: f16 d, f16 dmin, 12 bytes of 6-bit scales and minimums, 128 bytes of two nibbles; w = d·sc·q − dmin·m in groups of 32.</summary>
internal sealed class Q4KCodec : ExpandingCodec
{
    public override string Name => "q4_k";

    public override int BlockValues => 256;

    public override int BlockBytes => 144;

    protected override void ExpandBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        float dMinimum = (float)BinaryPrimitives.ReadHalfLittleEndian(block[2..]);
        ReadOnlySpan<byte> scales = block.Slice(4, 12);
        for (int i = 0; i < 256; i++)
        {
            (int group, int l) = Math.DivRem(i, 32);
            byte pair = block[16 + (32 * (group / 2)) + l];
            int code = group % 2 == 0 ? pair & 15 : pair >> 4;
            values[i] = (d * KScales.Scale(scales, group) * code) - (dMinimum * KScales.Minimum(scales, group));
        }
    }
}
