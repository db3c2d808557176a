using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>
/// Weights of which many are zero: a bit for each, and those that are not zero packed behind each other, as bf16 or as codes with group scales.
/// In panels of 16 rows (<see cref="SparseBlock"/>), from a dense matrix or a stored mask; products have the bits of the dense matrix's.
/// </summary>
/// <remarks>
/// Bits per weight at density p: bf16 1 + 16 p, int8 1 + 8 p + 16 / group, int4 1 + 4 p + 16 / group and a few hundredths, and 1/16 for where blocks
/// begin. 2:4 needs no layout of its own: its two-bit indices of what is kept are a bit a weight too.
/// </remarks>
public sealed unsafe partial class SparseMatrix : WeightMatrix
{
    /// <summary>A panel of codes is restored on the stack: half a mebibyte at so many columns.</summary>
    public const int MaxColumns = 32768;

    private readonly NativeBuffer _values;
    private readonly NativeBuffer _masks;
    private readonly NativeBuffer _panelOffsets;
    private readonly NativeBuffer _blockOffsets;
    private readonly NativeBuffer? _scales;
    private readonly int _groupSize;

    private SparseMatrix(int rows, int columns, SparseElement element, int groupSize, int zeroPoint, RowBits kept)
        : base(rows, columns)
    {
        if (columns > MaxColumns)
        {
            throw new ArgumentException($"A sparse matrix has at most {MaxColumns} columns, not {columns}.", nameof(columns));
        }

        Element = element;
        _groupSize = groupSize;
        int panelCount = PanelShape.PanelCount(rows);
        int paddedColumns = PanelShape.PadColumns(columns);
        int blockCount = paddedColumns / PanelMatrix.BlockColumns;
        _masks = new NativeBuffer((long)panelCount * blockCount * PanelMatrix.PanelRows * sizeof(uint));
        _panelOffsets = new NativeBuffer((long)panelCount * sizeof(long));
        _blockOffsets = new NativeBuffer((long)panelCount * blockCount * sizeof(uint));

        // Masks and where blocks begin; with the bytes known, room for the values.
        long total = 0;
        for (int panel = 0; panel < panelCount; panel++)
        {
            ((long*)_panelOffsets.Pointer)[panel] = total;
            total += MaskPanel(panel, blockCount, kept);
        }

        _values = new NativeBuffer(total + SparseBlock.ReadAhead);
        if (groupSize > 0)
        {
            _scales = new NativeBuffer((long)((paddedColumns + groupSize - 1) / groupSize) * panelCount * PanelMatrix.PanelRows * sizeof(ushort));
        }

        Panels = new PanelMatrix(
            _values.Pointer,
            (long*)_panelOffsets.Pointer,
            (uint*)_blockOffsets.Pointer,
            (uint*)_masks.Pointer,
            paddedColumns,
            _scales is null ? null : (ushort*)_scales.Pointer,
            groupSize,
            zeroPoint);
    }

    /// <summary>Which of the 32 columns of a block are kept in a row, the first column the lowest bit.</summary>
    internal delegate uint RowBits(int row, int block);

    public SparseElement Element { get; }

    /// <summary>Weights that are kept.</summary>
    public long KeptCount { get; private set; }

    public override long Bytes =>
        _values.Length + _masks.Length + _panelOffsets.Length + _blockOffsets.Length + (_scales?.Length ?? 0);

    public override string Format => FormatOf(Element, _groupSize);

    internal PanelMatrix Panels { get; }

    /// <summary>Bytes of the packed values, the room behind them included.</summary>
    internal long ValueBytes => _values.Length;

    public override void ExpandRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int panel = row / PanelMatrix.PanelRows;
        int lane = row % PanelMatrix.PanelRows;
        destination = destination[..Columns];
        for (int column = 0; column < destination.Length; column++)
        {
            destination[column] = Element switch
            {
                SparseElement.BF16 => ScalarKernels.SparseBF16Reader.Read(Panels, panel, lane, column),
                SparseElement.Int8 => ScalarKernels.Sparse8Reader.Read(Panels, panel, lane, column),
                _ => ScalarKernels.Sparse4Reader.Read(Panels, panel, lane, column),
            };
        }
    }

    public override void Dispose()
    {
        _values.Dispose();
        _masks.Dispose();
        _panelOffsets.Dispose();
        _blockOffsets.Dispose();
        _scales?.Dispose();
    }
}
