namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>AWQ (Lin et al. 2023) in AutoAWQ's GEMM order: codes and zero points of 4 bits packed along the outputs, eight of them shuffled in a word.</summary>
internal sealed class AwqTensor : IntegerTensor
{
    private readonly StoredPart _codes;
    private readonly StoredPart _zeros;
    private readonly Lazy<float[]> _scales;

    public AwqTensor(string name, int rows, int columns, QuantizationSettings settings, StoredPart codes, StoredPart zeros, StoredPart scales)
        : base(name, rows, columns, "awq-4", codes, zeros, scales)
    {
        if (settings.Bits[0] != 4)
        {
            throw new CheckpointException(codes.File, "AWQ of this many bits is not supported", tensor: codes.Entry.Name, field: "bits", expected: "4", found: $"{settings.Bits[0]}");
        }

        RequireMultiple(codes, "outputs", rows, 8);
        GroupSize = settings.GroupSize < 1 ? columns : settings.GroupSize;
        _codes = codes.Expect("I32", columns, rows / 8);
        _zeros = zeros.Expect("I32", GroupCount, rows / 8);
        _scales = scales.Expect(null, GroupCount, rows).LazyFloats();
    }

    protected override int GroupSize { get; }

    protected override (int Smallest, int Largest) CodeRange => (0, 15);

    // Nibbles 0…7 of a word are outputs 0, 2, 4, 6, 1, 3, 5, 7; this is the inverse.
    private static ReadOnlySpan<byte> NibbleOfOutput => [0, 4, 1, 5, 2, 6, 3, 7];

    protected override void ReadCodes(int row, Span<int> codes)
    {
        ReadOnlySpan<uint> words = _codes.As<uint>();
        for (int column = 0; column < codes.Length; column++)
        {
            codes[column] = Read(words, column, row);
        }
    }

    protected override float ScaleOf(int row, int group) => _scales.Value[(group * Rows) + row];

    protected override int ZeroOf(int row, int group) => Read(_zeros.As<uint>(), group, row);

    private int Read(ReadOnlySpan<uint> words, int line, int output) =>
        (int)((words[(line * (Rows / 8)) + (output / 8)] >> (4 * NibbleOfOutput[output % 8])) & 15);
}
