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
    private readonly long[] _starts;

    public BitmaskTensor(string name, int rows, int columns, StoredPart values, StoredPart mask, StoredPart? offsets)
        : base(name, rows, columns, offsets is null ? "sparse-24" : "sparse-bitmask", values, mask, offsets)
    {
        _codec = CodecRegistry.FindSafetensors(values.Entry.Type)
            ?? throw new CheckpointException(values.File, "sparse values of this type are not supported", tensor: values.Entry.Name, field: "dtype", expected: "F32, F16 or BF16", found: values.Entry.Type);
        RequireMultiple(values, "inputs", columns, 2);
        _values = offsets is null ? values.Expect(null, rows, columns / 2) : values;
        int maskBytes = (columns + 7) / 8;
        _mask = mask.Expect("U8", rows, maskBytes);
        _starts = offsets?.Expect("I64", rows).As<long>().ToArray() ?? [.. Enumerable.Range(0, rows).Select(row => (long)row * (columns / 2))];

        // Every row's values must lie in the list before a single one is read.
        long count = _values.Entry.Bytes / _codec.BlockBytes;
        ReadOnlySpan<byte> bits = _mask.As<byte>();
        for (int row = 0; row < rows; row++)
        {
            int set = 0;
            foreach (byte eight in bits.Slice(row * maskBytes, maskBytes))
            {
                set += BitOperations.PopCount(eight);
            }

            if (_starts[row] < 0 || _starts[row] > count - set || set > columns)
            {
                throw new CheckpointException(values.File, "the mask asks for values that are not there", tensor: mask.Entry.Name, field: $"row {row}", expected: $"{set} values from {_starts[row]}", found: $"{count} in all");
            }
        }
    }

    public override double Sparsity => 1 - ((double)_values.Entry.Bytes / _codec.BlockBytes / Rows / Columns);

    public override WeightMatrix CreateMatrix() => _codec.CreateMatrix(Rows, Columns);

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
        ReadOnlySpan<byte> stored = _values.As<byte>()[checked((int)(_starts[row] * _codec.BlockBytes))..];
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
