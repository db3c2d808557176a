namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>bitsandbytes' LLM.int8 weights (Dettmers et al. 2022): signed bytes with the largest magnitude of each row.</summary>
internal sealed class RowScaledTensor : ModuleTensor
{
    // The library's constant for 1 / 127; its order of multiplication is part of the value.
    private const float Inverse127 = 7.874015718698502e-3f;

    private readonly StoredPart _codes;
    private readonly Lazy<float[]> _largest;

    public RowScaledTensor(string name, int rows, int columns, StoredPart codes, StoredPart largest)
        : base(name, rows, columns, "bnb-int8", codes, largest)
    {
        _codes = codes.Expect("I8", rows, columns);
        _largest = largest.Expect("F32", rows).LazyFloats();
    }

    protected override void DecodeRow(int row, Span<float> values)
    {
        ReadOnlySpan<sbyte> stored = _codes.As<sbyte>().Slice(row * Columns, Columns);
        float largest = _largest.Value[row];
        for (int column = 0; column < values.Length; column++)
        {
            values[column] = stored[column] * largest * Inverse127;
        }
    }
}
