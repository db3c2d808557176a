using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>compressed-tensors' nvfp4 and mxfp4: two 4-bit floats a byte, the even column in the low nibble, with a scale for 16 or 32 columns.</summary>
internal sealed class Fp4Tensor : CodeTableTensor
{
    // The library's code 8 is the negative zero.
    private static readonly float[] s_table = [.. Enumerable.Range(0, 16).Select(code => code == 8 ? -0f : Fp4Table.Doubled[code])];

    private readonly StoredPart _codes;
    private readonly StoredPart _scalePart;
    private readonly Lazy<float[]> _scales;
    private readonly int _groupSize;

    public Fp4Tensor(string name, int rows, int columns, StoredPart codes, StoredPart scales, StoredPart? globalScale)
        : base(name, rows, columns, globalScale is null ? "mxfp4" : "nvfp4", codes, scales, globalScale)
    {
        _groupSize = globalScale is null ? 32 : 16;
        RequireMultiple(codes, "inputs", columns, _groupSize);
        _codes = codes.Expect("U8", rows, columns / 2);
        _scalePart = scales.Expect(globalScale is null ? "U8" : "F8_E4M3", rows, columns / _groupSize);
        if (globalScale is null)
        {
            _scales = new Lazy<float[]>(() => [.. scales.As<byte>().ToArray().Select(exponent => MathF.ScaleB(1, exponent - 127))]);
            return;
        }

        // The division comes first, in single precision, as the library does it.
        Lazy<float[]> divisor = globalScale.Expect("F32", 1).LazyFloats();
        _scales = new Lazy<float[]>(() => [.. scales.ReadFloats().Select(scale => scale / divisor.Value[0])]);
    }

    protected override int GroupSize => _groupSize;

    protected override ReadOnlySpan<float> Table => s_table;

    // The table is doubled.
    protected override float ScaleOf(int row, int group) => _scales.Value[(row * (int)_scalePart.Entry.Shape[1]) + group] / 2;

    protected override void ReadCodes(int row, Span<byte> codes)
    {
        ReadOnlySpan<byte> stored = _codes.As<byte>().Slice(row * (Columns / 2), Columns / 2);
        for (int column = 0; column < codes.Length; column++)
        {
            byte pair = stored[column / 2];
            codes[column] = (byte)(column % 2 == 0 ? pair & 15 : pair >> 4);
        }
    }

    protected override void DecodeRow(int row, Span<float> values)
    {
        ReadOnlySpan<byte> stored = _codes.As<byte>().Slice(row * (Columns / 2), Columns / 2);
        int scaleStart = row * (int)_scalePart.Entry.Shape[1];
        for (int column = 0; column < values.Length; column++)
        {
            byte pair = stored[column / 2];
            int code = column % 2 == 0 ? pair & 15 : pair >> 4;
            values[column] = s_table[code] / 2 * _scales.Value[scaleStart + (column / _groupSize)];
        }
    }
}
