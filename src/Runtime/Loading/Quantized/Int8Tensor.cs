namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>compressed-tensors' int-quantized and naive-quantized: signed bytes with a scale a row, a group or for all, maybe with zero points.</summary>
internal sealed class Int8Tensor : IntegerTensor
{
    private readonly StoredPart _codes;
    private readonly StoredPart _scalePart;
    private readonly StoredPart? _zeros;
    private readonly Lazy<float[]> _scales;

    public Int8Tensor(string name, int rows, int columns, StoredPart codes, StoredPart scales, StoredPart? zeros)
        : base(name, rows, columns, "int8", codes, scales, zeros)
    {
        _codes = codes.Expect("I8", rows, columns);
        int groups = scales.Entry.Shape is [_, var count] && count >= 1 && count <= columns ? (int)count : 1;
        long[] shape = scales.Entry.Shape is [1] or [] ? scales.Entry.Shape : [rows, groups];
        _scalePart = scales.Expect(null, shape);
        _scales = scales.LazyFloats();
        _zeros = zeros?.Expect("I8", shape);
        GroupSize = (columns + groups - 1) / groups;
    }

    protected override int GroupSize { get; }

    protected override (int Smallest, int Largest) CodeRange => (-128, 127);

    protected override void ReadCodes(int row, Span<int> codes)
    {
        ReadOnlySpan<sbyte> stored = _codes.As<sbyte>().Slice(row * Columns, Columns);
        for (int column = 0; column < codes.Length; column++)
        {
            codes[column] = stored[column];
        }
    }

    protected override float ScaleOf(int row, int group) => _scales.Value[ScaleIndex(_scalePart.Entry.Shape, row, group)];

    protected override int ZeroOf(int row, int group) => _zeros is null ? 0 : _zeros.As<sbyte>()[ScaleIndex(_scalePart.Entry.Shape, row, group)];
}
