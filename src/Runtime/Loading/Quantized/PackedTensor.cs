namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>compressed-tensors' pack-quantized: signed codes plus an offset, packed along the inputs; zero points packed along the outputs.</summary>
internal sealed class PackedTensor : IntegerTensor
{
    private readonly StoredPart _codes;
    private readonly StoredPart? _zeros;
    private readonly Lazy<float[]> _scales;
    private readonly Lazy<int[]?>? _groupOfColumn;
    private readonly int _bits;
    private readonly bool _padded;
    private readonly int _groups;

    public PackedTensor(string name, int rows, int columns, QuantizationSettings settings, StoredPart codes, StoredPart scales, StoredPart? zeros, StoredPart? groups)
        : base(name, rows, columns, "packed", codes, scales, zeros, groups)
    {
        // Fields of 3, 5, 6 or 7 bits cross words in recent files and do not in older ones; the width tells.
        long width = codes.Entry.Shape.Length == 2 ? codes.Entry.Shape[1] : 0;
        int[] fits = [.. settings.Bits.Where(bits => bits <= 8 && (width == BitFields.WordCount(columns, bits, false) || width == BitFields.WordCount(columns, bits, true)))];
        if (fits.Length == 0)
        {
            throw new CheckpointException(
                codes.File, "the packed width fits no setting", tensor: codes.Entry.Name, field: "shape", expected: $"{columns} fields of {string.Join(" or ", settings.Bits)} bits a row", found: $"[{string.Join(',', codes.Entry.Shape)}]");
        }

        _bits = fits[0];
        _padded = width != BitFields.WordCount(columns, _bits, false);
        _codes = codes.Expect("I32", rows, width);
        _groups = scales.Entry.Shape is [_, var count] && count >= 1 && count <= columns ? (int)count : 1;
        GroupSize = (columns + _groups - 1) / _groups;
        _scales = scales.Expect(null, rows, _groups).LazyFloats();
        _zeros = zeros?.Expect("I32", BitFields.WordCount(rows, _bits, _padded), _groups);
        _groupOfColumn = LazyGroups(groups?.Expect("I32", columns));
    }

    protected override int GroupSize { get; }

    protected override int[]? GroupOfColumn => _groupOfColumn?.Value;

    protected override (int Smallest, int Largest) CodeRange => (0, (1 << _bits) - 1);

    protected override void ReadCodes(int row, Span<int> codes)
    {
        ReadOnlySpan<uint> words = _codes.As<uint>();
        int start = row * (int)_codes.Entry.Shape[1];
        for (int column = 0; column < codes.Length; column++)
        {
            codes[column] = BitFields.Read(words, start, 1, column, _bits, _padded);
        }
    }

    protected override float ScaleOf(int row, int group) => _scales.Value[(row * _groups) + group];

    // Codes and zero points carry the same offset, which is the zero point of symmetric layers.
    protected override int ZeroOf(int row, int group) =>
        _zeros is null ? 1 << (_bits - 1) : BitFields.Read(_zeros.As<uint>(), group, _groups, row, _bits, _padded);
}
