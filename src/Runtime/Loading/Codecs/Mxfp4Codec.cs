namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF MXFP4: an exponent e, then 16 bytes of two 4-bit floats; w = e2m1·2^(e − 127).</summary>
internal sealed class Mxfp4Codec() : TableCodec(Fp4Table.Doubled)
{
    public override string Name => "mxfp4";

    public override int BlockValues => 32;

    public override int BlockBytes => 17;

    protected override int GroupValues => 32;

    protected override void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        // The table is doubled, so the power is one less.
        scales[0] = MathF.ScaleB(1, block[0] - 128);
        for (int i = 0; i < 32; i++)
        {
            byte pair = block[1 + (i % 16)];
            numbers[i] = Fp4Table.Doubled[i < 16 ? pair & 15 : pair >> 4];
        }
    }
}
