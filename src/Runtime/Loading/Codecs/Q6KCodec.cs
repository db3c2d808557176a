using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, f16 d; w = d·sc·(q − 32) in groups of 16.</summary>
internal sealed class Q6KCodec : KQuantCodec
{
    public override string Name => "q6_k";

    public override int BlockBytes => 210;

    protected override int Bits => 6;

    protected override bool HasMinimum => false;

    protected override int GroupValues => 16;

    protected override int ZeroPoint => 32;

    protected override ushort ReadScale(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block[208..]);

    protected override void UnpackGroups(ReadOnlySpan<byte> block, Span<byte> scales, Span<byte> minimums) => block.Slice(192, 16).CopyTo(scales);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (int half = 0; half < 2; half++)
        {
            ReadOnlySpan<byte> low = block.Slice(64 * half, 64);
            ReadOnlySpan<byte> high = block.Slice(128 + (32 * half), 32);
            Span<byte> target = codes.Slice(128 * half, 128);
            for (int i = 0; i < 32; i++)
            {
                target[i] = (byte)((low[i] & 15) | ((high[i] & 3) << 4));
                target[i + 32] = (byte)((low[i + 32] & 15) | (((high[i] >> 2) & 3) << 4));
                target[i + 64] = (byte)((low[i] >> 4) | (((high[i] >> 4) & 3) << 4));
                target[i + 96] = (byte)((low[i + 32] >> 4) | ((high[i] >> 6) << 4));
            }
        }
    }
}
