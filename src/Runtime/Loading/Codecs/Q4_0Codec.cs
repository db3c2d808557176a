using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q4_0: f16 d, then 16 bytes of two nibbles; w = d·(q − 8).</summary>
internal sealed class Q4_0Codec : GroupedCodec, IEncodingCodec, ICodeCodec
{
    public override string Name => "q4_0";

    public override int BlockValues => 32;

    public override int BlockBytes => 18;

    protected override int Bits => 4;

    protected override int ZeroPoint => 8;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes) => UnpackNibbles(block[2..], codes);

    public (int Smallest, int Largest) Range => (-8, 7);

    public void WriteBlock(Half scale, ReadOnlySpan<int> codes, Span<byte> stored)
    {
        Span<byte> unsigned = stackalloc byte[32];
        for (int i = 0; i < codes.Length; i++)
        {
            unsigned[i] = (byte)(codes[i] + 8);
        }

        BinaryPrimitives.WriteHalfLittleEndian(stored, scale);
        PackNibbles(unsigned, stored[2..]);
    }

    /// <summary>The value of largest magnitude becomes code 0, the end of the range that has one step more.</summary>
    public void Encode(ReadOnlySpan<float> values, Span<byte> stored)
    {
        Span<byte> codes = stackalloc byte[32];
        for (int block = 0; block < values.Length / 32; block++)
        {
            ReadOnlySpan<float> source = values.Slice(block * 32, 32);
            Span<byte> target = stored.Slice(block * 18, 18);
            float extreme = 0;
            foreach (float value in source)
            {
                extreme = MathF.Abs(value) > MathF.Abs(extreme) ? value : extreme;
            }

            float scale = extreme / -8;
            float inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
            for (int i = 0; i < 32; i++)
            {
                codes[i] = (byte)Math.Clamp((int)((source[i] * inverse) + 8.5f), 0, 15);
            }

            PackNibbles(codes, target[2..]);
        }
    }
}
