namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q4_K: f16 d, f16 dmin, 12 bytes of 6-bit scales and minimums, 128 bytes of two nibbles; w = d·sc·q − dmin·m in groups of 32.</summary>
internal sealed class Q4KCodec : KQuantCodec
{
    public override string Name => "q4_k";

    public override int BlockBytes => 144;

    protected override int Bits => 4;

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes) => UnpackNibbles(block.Slice(16, 128), codes);
}
