namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q5_K: f16 d, f16 dmin, 12 bytes of 6-bit scales and minimums, 32 bytes of high bits, 128 bytes of two nibbles; w = d·sc·q − dmin·m in groups of 32.</summary>
internal sealed class Q5KCodec : KQuantCodec
{
    public override string Name => "q5_k";

    public override int BlockBytes => 176;

    protected override int Bits => 5;

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        UnpackNibbles(block.Slice(48, 128), codes);
        ReadOnlySpan<byte> high = block.Slice(16, 32);
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] |= (byte)(((high[i % 32] >> (i / 32)) & 1) << 4);
        }
    }
}
