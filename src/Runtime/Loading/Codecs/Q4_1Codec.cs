using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q4_1: f16 d, f16 m, then 16 bytes of two nibbles; w = d·q + m.</summary>
internal sealed class Q4_1Codec : GroupedCodec, IEncodingCodec
{
    public override string Name => "q4_1";

    public override int BlockValues => 32;

    public override int BlockBytes => 20;

    protected override int Bits => 4;

    protected override int ZeroPoint => 0;

    protected override bool HasMinimum => true;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override ushort ReadMinimum(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes) => UnpackNibbles(block[4..], codes);

    public void Encode(ReadOnlySpan<float> values, Span<byte> stored)
    {
        Span<byte> codes = stackalloc byte[32];
        for (int block = 0; block < values.Length / 32; block++)
        {
            ReadOnlySpan<float> source = values.Slice(block * 32, 32);
            Span<byte> target = stored.Slice(block * 20, 20);
            float minimum = source[0];
            float maximum = source[0];
            foreach (float value in source)
            {
                minimum = MathF.Min(minimum, value);
                maximum = MathF.Max(maximum, value);
            }

            float scale = (maximum - minimum) / 15;
            float inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
            BinaryPrimitives.WriteHalfLittleEndian(target[2..], (Half)minimum);
            for (int i = 0; i < 32; i++)
            {
                codes[i] = (byte)Math.Clamp((int)(((source[i] - minimum) * inverse) + 0.5f), 0, 15);
            }

            PackNibbles(codes, target[4..]);
        }
    }
}
