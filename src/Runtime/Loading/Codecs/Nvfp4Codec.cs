namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF NVFP4: four e4m3 scales, then four groups of 8 bytes: low nibbles are the first half of a group of 16, high nibbles the second; w = scale·e2m1.</summary>
internal sealed class Nvfp4Codec() : TableCodec(Fp4Table.Doubled)
{
    public override string Name => "nvfp4";

    public override int BlockValues => 64;

    public override int BlockBytes => 36;

    protected override int GroupValues => 16;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        for (int group = 0; group < scales.Length; group++)
        {
            scales[group] = HalfOfScale(block[group]);
        }

        for (int i = 0; i < 64; i++)
        {
            int inGroup = i % 16;
            byte pair = block[4 + (i / 16 * 8) + (inGroup % 8)];
            numbers[i] = Fp4Table.Doubled[inGroup < 8 ? pair & 15 : pair >> 4];
        }
    }

    /// <summary>Half an e4m3 number, since the table is doubled.</summary>
    private static float HalfOfScale(byte bits)
    {
        if (bits is 0 or 0x7F)
        {
            return 0;
        }

        int exponent = (bits >> 3) & 15;
        int mantissa = bits & 7;
        float value = exponent == 0 ? mantissa / 512f : MathF.ScaleB(1 + (mantissa / 8f), exponent - 7);
        return value / 2;
    }
}
