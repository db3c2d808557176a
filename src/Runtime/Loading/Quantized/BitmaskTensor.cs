using System.Buffers;
using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// compressed-tensors' sparse-bitmask and sparse-24-bitmask: a bit a weight, and the values of those that are set, row by row. Values in bf16 stay
/// sparse in memory.
/// </summary>
internal sealed class BitmaskTensor : ModuleTensor
{
    private readonly StoredPart _values;
    private readonly StoredMask _mask;
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

        _mask = new StoredMask(mask, rows, columns);
        _offsets = offsets?.Expect("I64", rows);
        _starts = new Lazy<long[]>(ReadStarts);
    }

    public override double Sparsity => 1 - ((double)StoredCount / Rows / Columns);

    public StoredMask Mask => _mask;

    /// <summary>Format of a value: <c>bf16</c>.</summary>
    public string ValueFormat => _codec.Name;

    private long StoredCount => _values.Entry.Bytes / _codec.BlockBytes;

    private bool StaysSparse => _codec == CodecRegistry.Bf16 && SparseMatrix.Holds(Columns, Sparsity);

    public override WeightMatrix CreateMatrix()
    {
        // What the mask keeps is what there is room for: it must be what is stored.
        _ = _starts.Value;
        return StaysSparse ? SparseMatrix.Create(Rows, Columns, SparseElement.BF16, 0, 0, _mask.Block) : _codec.CreateMatrix(Rows, Columns);
    }

    public override (string Layout, long Bytes) PlanMatrix()
    {
        if (StaysSparse)
        {
            return (SparseMatrix.FormatOf(SparseElement.BF16, 0), SparseMatrix.PlanBytes(Rows, Columns, 0, _values.Entry.Bytes));
        }

        using WeightMatrix panel = _codec.CreateMatrix(PanelMatrix.PanelRows, Columns);
        return (panel.Format, panel.Bytes * PanelShape.PanelCount(Rows));
    }

    /// <summary>Where each row's values begin: all of them lie in the list before a single one is read.</summary>
    private long[] ReadStarts()
    {
        int[] kept = _mask.Count();
        long[] starts = StoredMask.CheckOffsets(kept, _offsets, count => count);
        if (starts[^1] != StoredCount)
        {
            throw new CheckpointException(_values.File, "the mask keeps another number of values than are stored", tensor: _values.Entry.Name, field: "shape", expected: $"{starts[^1]} values", found: $"{StoredCount}");
        }

        int row = _offsets is null ? Array.FindIndex(kept, count => count != Columns / 2) : -1;
        return row < 0 ? starts : throw new CheckpointException(
            _values.File, "a row does not keep half of its weights", tensor: _values.Entry.Name, field: $"row {row}", expected: $"{Columns / 2}", found: $"{kept[row]}");
    }

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        if (matrix is not SparseMatrix sparse)
        {
            base.StoreRows(matrix, firstRow, rowCount, allowNonFinite);
            return;
        }

        int stride = sparse.Panels.Columns;
        ushort[] elements = ArrayPool<ushort>.Shared.Rent(PanelMatrix.PanelRows * stride);
        float[] values = ArrayPool<float>.Shared.Rent(Columns);
        try
        {
            elements.AsSpan().Clear();
            for (int row = 0; row < rowCount; row++)
            {
                ReadRow(firstRow + row, values, allowNonFinite);
                CodecRegistry.Bf16.Encode(values.AsSpan(0, Columns), MemoryMarshal.AsBytes(elements.AsSpan(row * stride, Columns)));
            }

            sparse.SetPanel(firstRow / PanelMatrix.PanelRows, elements);
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(elements);
            ArrayPool<float>.Shared.Return(values);
        }
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
        ReadOnlySpan<byte> bits = _mask.Row(row);
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
