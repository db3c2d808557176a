namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// compressed-tensors' marlin-24 (Frantar et al. 2024): 4-bit codes of a matrix of which two weights of every four columns are kept, inputs
/// first, in the order in which a warp of the Marlin kernel loads them; <c>meta</c> says which columns were kept, in the order of sparse tensor
/// cores. Both orders are undone one code at a time.
/// </summary>
internal sealed class Marlin24Tensor : IntegerTensor
{
    private const int Zero = 8;

    // Positions of neighbouring outputs' scales where a column has several; with one or two they stand in order.
    private static readonly int[] s_scaleOrder = [0, 2, 4, 6, 1, 3, 5, 7];

    private readonly StoredPart _codes;
    private readonly StoredPart _meta;
    private readonly Lazy<float[]> _scales;

    public Marlin24Tensor(string name, int rows, int columns, QuantizationSettings settings, StoredPart codes, StoredPart scales, StoredPart meta)
        : base(name, rows, columns, "marlin-24", codes, scales, meta)
    {
        if (settings.Bits.Any(bits => bits != 4))
        {
            throw new CheckpointException(codes.File, "marlin-24 of this many bits is not supported", tensor: codes.Entry.Name, field: "num_bits", expected: "4", found: string.Join(", ", settings.Bits));
        }

        RequireMultiple(codes, "outputs", rows, 64);
        RequireMultiple(codes, "inputs", columns, 32);
        _codes = codes.Expect("I32", columns / 32, 2L * rows);
        _meta = meta.Expect("I16", columns / 32, 2L * rows);
        int groups = scales.Entry.Shape is [var count, _] && count >= 1 && count <= columns ? (int)count : 1;
        RequireMultiple(scales, "inputs", columns, groups);
        GroupSize = columns / groups;
        _scales = scales.Expect(null, groups, rows).LazyFloats();
    }

    public override double Sparsity => 0.5;

    protected override int GroupSize { get; }

    protected override (int Smallest, int Largest) CodeRange => (0, 15);

    protected override void ReadCodes(int row, Span<int> codes)
    {
        ReadOnlySpan<uint> words = _codes.As<uint>();
        ReadOnlySpan<ushort> meta = _meta.As<ushort>();
        codes.Fill(Zero);
        for (int quad = 0; quad < codes.Length / 4; quad++)
        {
            int kept = meta[MetaIndex(row, quad / 4)] >> (4 * (quad % 4));

            // A quad of zeros only may name a column twice; the zero is then written twice.
            codes[(4 * quad) + (kept & 3)] = ReadCode(words, row, 2 * quad);
            codes[(4 * quad) + ((kept >> 2) & 3)] = ReadCode(words, row, (2 * quad) + 1);
        }
    }

    protected override float ScaleOf(int row, int group)
    {
        // The library compares with the inputs that are left, which are half of them.
        bool inOrder = GroupSize >= Columns / 2;
        return _scales.Value[(group * Rows) + (inOrder ? row : (row / 8 * 8) + s_scaleOrder[row % 8])];
    }

    protected override int ZeroOf(int row, int group) => Zero;

    /// <summary>
    /// The code of an output and a kept input. A tile is 16 inputs of 64 outputs in 128 words: a word belongs to a thread of the warp and an
    /// output of four, and holds two neighbouring outputs of four apart times the four inputs that the thread multiplies.
    /// </summary>
    private int ReadCode(ReadOnlySpan<uint> words, int output, int input)
    {
        int thread = (output % 64 / 8 * 4) + (input % 8 / 2);
        int word = (output / 64 * 128) + (thread * 4) + (output % 4);
        int field = (output % 8 / 4 * 4) + (input % 16 / 8 * 2) + (input % 2);

        // Even fields are the low half of a word, odd ones the high half.
        int nibble = (field / 2) + (field % 2 * 4);
        return (int)(words[(input / 16 * 2 * Rows) + word] >> (4 * nibble)) & 15;
    }

    /// <summary>Where the word of four quads of an output stands: rows shuffled within 64, then the corners of each block of two by two swapped.</summary>
    private int MetaIndex(int row, int column)
    {
        int target = (row / 64 * 64) + (row % 64 / 8 * 4) + (row % 4 / 2 * 32) + (row % 2 * 2) + (row % 8 / 4);
        if (target % 2 == 0 && column % 2 == 1)
        {
            target++;
            column--;
        }
        else if (target % 2 == 1 && column % 2 == 0)
        {
            target--;
            column++;
        }

        return (column / 2 * Rows * 2) + (target * 2) + (column % 2);
    }
}
