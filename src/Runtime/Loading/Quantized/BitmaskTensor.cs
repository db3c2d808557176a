using System.Buffers;
using System.Numerics;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>compressed-tensors' sparse-bitmask and sparse-24-bitmask: a bit a weight, and the values of those that are set, row by row.</summary>
internal sealed class BitmaskTensor : ModuleTensor
{
    private readonly StoredPart _values;
    private readonly StoredPart _mask;
    private readonly TensorCodec _codec;
    private readonly StoredPart? _offsets;
    private readonly Lazy<long[]> _starts;

    public BitmaskTensor(string name, int rows, int columns, StoredPart values, StoredPart mask, StoredPart? offsets)
        : base(name, rows, columns, offsets is null ? "sparse-24" : "sparse-bitmask", values, mask, offsets)
    {
        _codec = CodecRegistry.FindSafetensors(values.Entry.Type)
            ?? throw new CheckpointException(values.File, "sparse values of this type are not supported", tensor: values.Entry.Name, field: "dtype", expected: "F32, F16 or BF16", found: values.Entry.Type);
        RequireMultiple(values, "inputs", columns, 2);
        _values = offsets is null ? values.Expect(null, rows, columns / 2) : values;
        _mask = mask.Expect("U8", rows, (columns + 7) / 8);
        _offsets = offsets?.Expect("I64", rows);
        _starts = new Lazy<long[]>(ReadStarts);
    }

    public override double Sparsity => 1 - ((double)_values.Entry.Bytes / _codec.BlockBytes / Rows / Columns);

    public override WeightMatrix CreateMatrix() => _codec.CreateMatrix(Rows, Columns);

    /// <summary>Where each row's values begin: all of them lie in the list before a single one is read.</summary>
    private long[] ReadStarts()
    {
        long[] starts = _offsets?.As<long>().ToArray() ?? [.. Enumerable.Range(0, Rows).Select(row => (long)row * (Columns / 2))];
        int maskBytes = (Columns + 7) / 8;
        long count = _values.Entry.Bytes / _codec.BlockBytes;
        ReadOnlySpan<byte> bits = _mask.As<byte>();
        for (int row = 0; row < Rows; row++)
        {
            int set = 0;
            foreach (byte eight in bits.Slice(row * maskBytes, maskBytes))
            {
                set += BitOperations.PopCount(eight);
            }

            if (starts[row] < 0 || starts[row] > count - set || set > Columns)
            {
                throw new CheckpointException(_values.File, "the mask asks for values that are not there", tensor: _mask.Entry.Name, field: $"row {row}", expected: $"{set} values from {starts[row]}", found: $"{count} in all");
            }
        }

        return starts;
    }

    protected override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<float> values)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Columns * _codec.BlockBytes);
        Span<byte> stored = bytes.AsSpan(0, Columns * _codec.BlockBytes);
        ((IEncodingCodec)_codec).Encode(values, stored);
        ((DenseMatrix)matrix).SetRow(row, stored);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    protected override void DecodeRow(int row, Span<float> values)
    {
        int maskBytes = (Columns + 7) / 8;
        ReadOnlySpan<byte> bits = _mask.As<byte>().Slice(row * maskBytes, maskBytes);
        ReadOnlySpan<byte> stored = _values.As<byte>()[checked((int)(_starts.Value[row] * _codec.BlockBytes))..];
        for (int column = 0; column < values.Length; column++)
        {
            values[column] = 0;
            if (((bits[column / 8] >> (column % 8)) & 1) != 0)
            {
                _codec.Expand(stored[.._codec.BlockBytes], values.Slice(column, 1));
                stored = stored[_codec.BlockBytes..];
            }
        }
    }
}
