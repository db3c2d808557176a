namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// bitsandbytes' nf4 and fp4 (Dettmers et al. 2023): codes into a table of 16 values over the flattened matrix, high nibble first, with the
/// largest magnitude of each run of 64; these may be quantised once more.
/// </summary>
internal sealed class FourBitTableTensor : CodeTableTensor
{
    private readonly StoredPart _codes;
    private readonly Lazy<float[]> _table;
    private readonly Lazy<float[]> _largest;
    private readonly int _runLength;

    public FourBitTableTensor(string name, int rows, int columns, string format, StoredPart codes, Func<string, StoredPart> part, StoredPart state)
        : base(name, rows, columns, "bnb-" + format, codes, part("absmax"), part("quant_map"), state)
    {
        long count = (long)rows * columns;
        _codes = codes.Expect("U8", (count + 1) / 2, 1);
        _table = part("quant_map").Expect("F32", 16).LazyFloats();
        ConfigSection settings = new(state.File, CheckpointJson.ParseObject(state.File, state.As<byte>().ToArray()), state.Entry.Name + ".");
        int[] shape = settings.FindIntegers("shape", 1);
        if (!shape.AsSpan().SequenceEqual([rows, columns]))
        {
            throw new CheckpointException(state.File, "the stored shape is another than the model's settings say", tensor: state.Entry.Name, field: "shape", expected: $"[{rows},{columns}]", found: $"[{string.Join(',', shape)}]");
        }

        _runLength = settings.GetInteger("blocksize", 1, 1 << 20);
        long runs = (count + _runLength - 1) / _runLength;
        StoredPart largest = part("absmax");
        if (largest.Entry.Type != "U8")
        {
            _largest = largest.Expect("F32", runs).LazyFloats();
            return;
        }

        int nestedLength = settings.GetInteger("nested_blocksize", 1, 1 << 20);
        float offset = settings.GetFloat("nested_offset", -float.MaxValue, float.MaxValue);
        StoredPart nestedTable = part("nested_quant_map").Expect("F32", 256);
        StoredPart nestedLargest = part("nested_absmax").Expect("F32", (runs + nestedLength - 1) / nestedLength);
        largest.Expect("U8", runs);
        _largest = new Lazy<float[]>(() => ReadNested(largest.As<byte>(), nestedTable.ReadFloats(), nestedLargest.ReadFloats(), nestedLength, offset));
    }

    private static float[] ReadNested(ReadOnlySpan<byte> codes, float[] table, float[] largest, int length, float offset)
    {
        float[] result = new float[codes.Length];
        for (int run = 0; run < result.Length; run++)
        {
            result[run] = (table[codes[run]] * largest[run / length]) + offset;
        }

        return result;
    }

    protected override int GroupSize => _runLength;

    protected override ReadOnlySpan<float> Table => _table.Value;

    protected override float ScaleOf(int row, int group) => _largest.Value[(int)(((long)row * Columns / _runLength) + group)];

    protected override void ReadCodes(int row, Span<byte> codes)
    {
        ReadOnlySpan<byte> stored = _codes.As<byte>();
        long start = (long)row * Columns;
        for (int column = 0; column < codes.Length; column++)
        {
            byte pair = stored[(int)((start + column) / 2)];
            codes[column] = (byte)((start + column) % 2 == 0 ? pair >> 4 : pair & 15);
        }
    }

    protected override void DecodeRow(int row, Span<float> values)
    {
        ReadOnlySpan<byte> stored = _codes.As<byte>();
        float[] table = _table.Value;
        float[] largest = _largest.Value;
        long start = (long)row * Columns;
        for (int column = 0; column < values.Length; column++)
        {
            long index = start + column;
            byte pair = stored[(int)(index / 2)];
            values[column] = table[index % 2 == 0 ? pair >> 4 : pair & 15] * largest[(int)(index / _runLength)];
        }
    }
}
