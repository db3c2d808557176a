using System.Buffers.Binary;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>GGUF Q8_0: f16 d, then 32 signed bytes; w = d·q.</summary>
internal sealed class Q8_0Codec : GroupedCodec, IEncodingCodec, ICodeCodec
{
    public override string Name => "q8_0";

    public override int BlockValues => 32;

    public override int BlockBytes => 34;

    protected override int Bits => 8;

    protected override int ZeroPoint => 128;

    protected override bool HasMinimum => false;

    protected override ushort ReadScale(ReadOnlySpan<byte> block, int group) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    protected override void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        // Flipping the sign bit adds 128 to a signed byte.
        ReadOnlySpan<byte> signed = block.Slice(2, 32);
        for (int i = 0; i < 32; i++)
        {
            codes[i] = (byte)(signed[i] ^ 0x80);
        }
    }

    public (int Smallest, int Largest) Range => (-128, 127);

    public void WriteBlock(Half scale, ReadOnlySpan<int> codes, Span<byte> stored)
    {
        BinaryPrimitives.WriteHalfLittleEndian(stored, scale);
        for (int i = 0; i < codes.Length; i++)
        {
            stored[2 + i] = (byte)codes[i];
        }
    }

    public void Encode(ReadOnlySpan<float> values, Span<byte> stored)
    {
        for (int block = 0; block < values.Length / 32; block++)
        {
            ReadOnlySpan<float> source = values.Slice(block * 32, 32);
            Span<byte> target = stored.Slice(block * 34, 34);
            float largest = 0;
            foreach (float value in source)
            {
                largest = MathF.Max(largest, MathF.Abs(value));
            }

            float scale = largest / 127;
            float inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
            for (int i = 0; i < 32; i++)
            {
                target[2 + i] = (byte)(sbyte)Math.Clamp((int)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero), -127, 127);
            }
        }
    }
}
