namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// GPTQ (Frantar et al. 2022) as AutoGPTQ and gptqmodel store it: codes packed along the inputs, zero points along the outputs, and a group
/// index for each input, which is out of order where columns were quantised by importance.
/// </summary>
internal sealed class GptqTensor : IntegerTensor
{
    private readonly StoredPart _codes;
    private readonly StoredPart _zeros;
    private readonly Lazy<float[]> _scales;
    private readonly Lazy<int[]?>? _groupOfColumn;
    private readonly int _bits;
    private readonly bool _plainZeroPoints;

    public GptqTensor(string name, int rows, int columns, QuantizationSettings settings, StoredPart codes, StoredPart zeros, StoredPart scales, StoredPart? groups)
        : base(name, rows, columns, $"gptq-{settings.Bits[0]}", codes, zeros, scales, groups)
    {
        _bits = settings.Bits[0];
        if (_bits is not (2 or 3 or 4 or 8))
        {
            throw new CheckpointException(codes.File, "GPTQ of this many bits is not supported", tensor: codes.Entry.Name, field: "bits", expected: "2, 3, 4 or 8", found: $"{_bits}");
        }

        // Fields fill whole words both ways: 32 fields of any width are whole words.
        int fields = 32 % _bits == 0 ? 32 / _bits : 32;
        RequireMultiple(codes, "inputs", columns, fields);
        RequireMultiple(codes, "outputs", rows, fields);
        GroupSize = settings.GroupSize < 1 ? columns : settings.GroupSize;
        _codes = codes.Expect("I32", (long)columns * _bits / 32, rows);
        _zeros = zeros.Expect("I32", GroupCount, (long)rows * _bits / 32);
        _scales = scales.Expect(null, GroupCount, rows).LazyFloats();
        _plainZeroPoints = settings.PlainZeroPoints;
        _groupOfColumn = LazyGroups(groups?.Expect("I32", columns));
    }

    protected override int GroupSize { get; }

    protected override int[]? GroupOfColumn => _groupOfColumn?.Value;

    protected override (int Smallest, int Largest) CodeRange => (0, (1 << _bits) - 1);

    protected override void ReadCodes(int row, Span<int> codes)
    {
        ReadOnlySpan<uint> words = _codes.As<uint>();
        for (int column = 0; column < codes.Length; column++)
        {
            codes[column] = BitFields.Read(words, row, Rows, column, _bits, padded: false);
        }
    }

    protected override float ScaleOf(int row, int group) => _scales.Value[(group * Rows) + row];

    /// <summary>
    /// The first format stores zero points less one. Its writers subtract from whole words, so that a zero point of 0 borrows from its
    /// neighbour: adding the same constant to the whole word is the exact inverse. Fields of 3 bits are corrected one by one.
    /// </summary>
    protected override int ZeroOf(int row, int group)
    {
        ReadOnlySpan<uint> words = _zeros.As<uint>();
        int wordsInRow = (int)_zeros.Entry.Shape[1];
        int start = group * wordsInRow;
        if (_plainZeroPoints || _bits == 3)
        {
            int field = BitFields.Read(words, start, 1, row, _bits, padded: false);
            return _plainZeroPoints ? field : (field + 1) & 7;
        }

        uint ones = _bits switch { 2 => 0x5555_5555, 4 => 0x1111_1111, _ => 0x0101_0101 };
        int perWord = 32 / _bits;
        uint word = unchecked(words[start + (row / perWord)] + ones);
        return (int)((word >> (row % perWord * _bits)) & ((1u << _bits) - 1));
    }
}
