using System.Buffers;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// Sparrow's own sparse codes: a bit a weight, the codes of those that are set packed row by row from the lowest bit up, each row from a byte on,
/// and a scale, maybe a zero point, a group. A weight that is not stored is zero.
/// </summary>
internal sealed class SparseCodesTensor : IntegerTensor
{
    private readonly StoredPart _codes;
    private readonly StoredPart _offsets;
    private readonly StoredPart _scalePart;
    private readonly StoredPart? _zeroPart;
    private readonly StoredMask _mask;
    private readonly Lazy<float[]> _scales;
    private readonly Lazy<byte[]?> _zeros;
    private readonly Lazy<long[]> _starts;
    private readonly int _bits;
    private readonly int _groups;

    public SparseCodesTensor(
        string name, int rows, int columns, StoredPart codes, StoredPart bits, StoredPart mask, StoredPart offsets, StoredPart scales, StoredPart? zeros)
        : base(name, rows, columns, "sparse-codes", codes, bits, mask, offsets, scales, zeros)
    {
        _bits = bits.Expect("U8", 1).As<byte>()[0];
        if (_bits is not (2 or 3 or 4 or 8))
        {
            throw new CheckpointException(bits.File, "codes of this many bits are not supported", tensor: bits.Entry.Name, expected: "2, 3, 4 or 8", found: $"{_bits}");
        }

        _mask = new StoredMask(mask, rows, columns);
        _offsets = offsets.Expect("I64", rows);
        _codes = codes.Expect("U8", codes.Entry.Bytes);
        _starts = new Lazy<long[]>(ReadStarts);
        _groups = scales.Entry.Shape is [_, var count] && count >= 1 && count <= columns && columns % count == 0 ? (int)count : 1;
        GroupSize = columns / _groups;
        _scalePart = scales.Expect(null, rows, _groups);
        _scales = scales.LazyFloats();
        _zeroPart = zeros?.Expect("U8", rows, _groups);
        _zeros = new Lazy<byte[]?>(ReadZeros);
    }

    /// <summary>From the length of the codes: rows begin at bytes, so it may be half a code a row too low.</summary>
    public override double Sparsity => 1 - ((double)_codes.Entry.Bytes * 8 / _bits / Rows / Columns);

    public StoredMask Mask => _mask;

    protected override int GroupSize { get; }

    protected override (int Smallest, int Largest) CodeRange => (0, (1 << _bits) - 1);

    private int LayoutGroup => _groups == 1 ? PanelShape.PadColumns(Columns) : GroupSize;

    /// <summary>A sparse matrix where blocks have one scale each and half precision holds it, else what dense codes would become.</summary>
    public override WeightMatrix CreateMatrix()
    {
        // What the mask keeps is what there is room for: it must be what is stored.
        _ = _starts.Value;
        return FindLayout(_scales.Value, _zeros.Value) is { } layout
            ? SparseMatrix.Create(Rows, Columns, layout.Element, LayoutGroup, layout.ZeroPoint, _mask.Block)
            : base.CreateMatrix();
    }

    /// <summary>As the first row's scales and zero points have it, and the first panel's masks.</summary>
    public override (string Layout, long Bytes) PlanMatrix()
    {
        ReadOnlySpan<byte> zeros = _zeroPart is null ? [] : _zeroPart.As<byte>()[.._groups];
        if (FindLayout(_scalePart.SampleFloats(_groups), zeros) is not { } layout)
        {
            return base.PlanMatrix();
        }

        // Halves of a block share bytes as 4-bit codes, and the fuller one decides how many.
        int sampled = Math.Min(Rows, PanelMatrix.PanelRows);
        using SparseMatrix panel = SparseMatrix.Create(sampled, Columns, layout.Element, LayoutGroup, layout.ZeroPoint, _mask.Block);
        double bytesOfCode = panel.KeptCount == 0 ? 1 : (double)(panel.ValueBytes - SparseBlock.ReadAhead) / panel.KeptCount;
        long values = (long)(_codes.Entry.Bytes * 8 / _bits * bytesOfCode);
        return (panel.Format, SparseMatrix.PlanBytes(Rows, Columns, LayoutGroup, values));
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
        int[] codes = ArrayPool<int>.Shared.Rent(Columns);
        ushort[] scales = ArrayPool<ushort>.Shared.Rent(_groups);
        try
        {
            elements.AsSpan().Clear();
            for (int row = 0; row < rowCount; row++)
            {
                ReadCodes(firstRow + row, codes.AsSpan(0, Columns));
                for (int group = 0; group < _groups; group++)
                {
                    scales[group] = BitConverter.HalfToUInt16Bits((Half)ScaleOf(firstRow + row, group));
                    int shift = sparse.Panels.ZeroPoint - ZeroOf(firstRow + row, group);
                    for (int column = group * GroupSize; column < (group + 1) * GroupSize; column++)
                    {
                        elements[(row * stride) + column] = (ushort)(codes[column] + shift);
                    }
                }

                sparse.SetScales(firstRow + row, scales.AsSpan(0, _groups));
            }

            sparse.SetPanel(firstRow / PanelMatrix.PanelRows, elements);
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(elements);
            ArrayPool<int>.Shared.Return(codes);
            ArrayPool<ushort>.Shared.Return(scales);
        }
    }

    protected override void ReadCodes(int row, Span<int> codes)
    {
        ReadOnlySpan<byte> bits = _mask.Row(row);
        ReadOnlySpan<byte> stored = _codes.As<byte>()[checked((int)_starts.Value[row])..checked((int)_starts.Value[row + 1])];
        int mask = (1 << _bits) - 1;
        int bit = 0;
        for (int column = 0; column < codes.Length; column++)
        {
            if (((bits[column / 8] >> (column % 8)) & 1) == 0)
            {
                codes[column] = ZeroOf(row, column / GroupSize);
                continue;
            }

            // A field of 3 bits may reach into the next byte.
            int field = stored[bit / 8] >> (bit % 8);
            if ((bit % 8) + _bits > 8)
            {
                field |= stored[(bit / 8) + 1] << (8 - (bit % 8));
            }

            codes[column] = field & mask;
            bit += _bits;
        }
    }

    protected override float ScaleOf(int row, int group) => _scales.Value[(row * _groups) + group];

    protected override int ZeroOf(int row, int group) => _zeros.Value is { } zeros ? zeros[(row * _groups) + group] : 1 << (_bits - 1);

    /// <summary>The sparse layout for these scales and zero points, or null where none holds them.</summary>
    private (SparseElement Element, int ZeroPoint)? FindLayout(ReadOnlySpan<float> scales, ReadOnlySpan<byte> zeros)
    {
        if ((_groups > 1 && GroupSize % PanelMatrix.BlockColumns != 0) || !SparseMatrix.Holds(Columns, Sparsity))
        {
            return null;
        }

        foreach (float scale in scales)
        {
            // Also true for NaN, which the decoding to float then reports.
            if ((float)(Half)scale != scale || !float.IsFinite(scale))
            {
                return null;
            }
        }

        if (_bits == 8)
        {
            // Codes less another zero point would need a ninth bit.
            return zeros.ContainsAnyExcept((byte)128) ? null : (SparseElement.Int8, 128);
        }

        if (zeros.Length > 0 && zeros.ContainsAnyExcept(zeros[0]))
        {
            return (SparseElement.Int8, 128);
        }

        return (SparseElement.Int4, zeros.Length > 0 ? zeros[0] : 1 << (_bits - 1));
    }

    private long[] ReadStarts()
    {
        long[] starts = StoredMask.CheckOffsets(_mask.Count(), _offsets, kept => (((long)kept * _bits) + 7) / 8);
        _codes.Expect("U8", starts[^1]);
        return starts;
    }

    private byte[]? ReadZeros()
    {
        if (_zeroPart is null)
        {
            return null;
        }

        byte[] zeros = _zeroPart.As<byte>().ToArray();
        int wrong = zeros.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)((1 << _bits) - 1));
        return wrong < 0 ? zeros : throw new CheckpointException(
            _zeroPart.File, "a zero point is no code", tensor: _zeroPart.Entry.Name, field: $"[{wrong / _groups},{wrong % _groups}]", expected: $"0 to {(1 << _bits) - 1}", found: $"{zeros[wrong]}");
    }
}
