namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF NVFP4: four e4m3 scales, then four groups of 8 bytes: low nibbles are the first half of a group of 16, high nibbles the second; w = scale·e2m1.</summary>
internal sealed class Nvfp4Codec : GroupedCodec
{
    public override string Name => "nvfp4";

    public override int BlockValues => 64;

    public override int BlockBytes => 36;

    protected override int Bits => 8;

    protected override int ZeroPoint => 128;

    protected override bool HasMinimum => false;

    protected override int GroupValues => 16;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => HalfOfScale(block[group]);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (int i = 0; i < 64; i++)
        {
            int inGroup = i % 16;
            byte pair = block[4 + (i / 16 * 8) + (inGroup % 8)];
            codes[i] = (byte)(Fp4Table.Doubled[inGroup < 8 ? pair & 15 : pair >> 4] + 128);
        }
    }

    /// <summary>Half an e4m3 number (the table is doubled), which half precision holds without loss.</summary>
    private static ushort HalfOfScale(byte bits)
    {
        if (bits is 0 or 0x7F)
        {
            return 0;
        }

        int exponent = (bits >> 3) & 15;
        int mantissa = bits & 7;
        float value = exponent == 0 ? mantissa / 512f : MathF.ScaleB(1 + (mantissa / 8f), exponent - 7);
        return BitConverter.HalfToUInt16Bits((Half)(value / 2));
    }
}
