namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>8-bit floats with a scale for all, a row, or a block of rows and columns (whose last block may be part of one).</summary>
internal sealed class Fp8Tensor : ModuleTensor
{
    private readonly StoredPart _codes;
    private readonly StoredPart _scalePart;
    private readonly Lazy<float[]> _scales;
    private readonly (int Rows, int Columns)? _block;

    /// <param name="name">Canonical name.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="codes">The weights.</param>
    /// <param name="scales">Their scales, which are multiplied with whatever their name says.</param>
    /// <param name="block">Rows and columns of a block; null where scales belong to rows or to all.</param>
    public Fp8Tensor(string name, int rows, int columns, StoredPart codes, StoredPart scales, (int Rows, int Columns)? block)
        : base(name, rows, columns, "f8_e4m3", codes, scales)
    {
        _codes = codes.Expect("F8_E4M3", rows, columns);
        long[] shape = block is { } size ? [(rows + size.Rows - 1) / size.Rows, (columns + size.Columns - 1) / size.Columns]
            : scales.Entry.Shape is [1] or [] ? scales.Entry.Shape
            : [rows, 1];
        _scalePart = scales.Expect(null, shape);
        _scales = scales.LazyFloats();
        _block = block;
    }

    protected override void DecodeRow(int row, Span<float> values)
    {
        float[] scales = _scales.Value;
        ReadOnlySpan<byte> stored = _codes.As<byte>().Slice(row * Columns, Columns);
        for (int column = 0; column < values.Length; column++)
        {
            int index = _block is { } block
                ? (row / block.Rows * (int)_scalePart.Entry.Shape[1]) + (column / block.Columns)
                : ScaleIndex(_scalePart.Entry.Shape, row, 0);
            values[column] = Fp8Table.Values[stored[column]] * scales[index];
        }
    }
}
