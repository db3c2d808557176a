using System.Numerics;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>
/// Weights of which many are zero: a bit for each, and those that are not zero packed behind each other, as bf16 or as codes with group scales.
/// In panels of 16 rows (<see cref="SparseBlock"/>), made from a dense matrix; products have the bits of the dense matrix's.
/// </summary>
/// <remarks>
/// Bits per weight at density p: bf16 1 + 16 p, int8 1 + 8 p + 16 / group, int4 1 + 4 p + 16 / group and a few hundredths, and 1/16 for where blocks
/// begin. 2:4 needs no layout of its own: its two-bit indices of what is kept are a bit a weight too.
/// </remarks>
public sealed unsafe class SparseMatrix : WeightMatrix
{
    /// <summary>A panel of codes is restored on the stack: half a mebibyte at so many columns.</summary>
    public const int MaxColumns = 32768;

    private readonly NativeBuffer _values;
    private readonly NativeBuffer _masks;
    private readonly NativeBuffer _panelOffsets;
    private readonly NativeBuffer _blockOffsets;
    private readonly NativeBuffer? _scales;
    private readonly int _groupSize;

    private SparseMatrix(int rows, int columns, SparseElement element, int groupSize, Source source)
        : base(rows, columns)
    {
        if (columns > MaxColumns)
        {
            throw new ArgumentException($"A sparse matrix has at most {MaxColumns} columns, not {columns}.", nameof(columns));
        }

        Element = element;
        _groupSize = groupSize;
        int panelCount = PanelShape.PanelCount(rows);
        int blockCount = PanelShape.PadColumns(columns) / PanelMatrix.BlockColumns;
        _masks = new NativeBuffer((long)panelCount * blockCount * PanelMatrix.PanelRows * sizeof(uint));
        _panelOffsets = new NativeBuffer((long)panelCount * sizeof(long));
        _blockOffsets = new NativeBuffer((long)panelCount * blockCount * sizeof(uint));

        // 1. Masks, counts and offsets; 2. with the bytes known, the values.
        uint* masks = (uint*)_masks.Pointer;
        uint* blockOffsets = (uint*)_blockOffsets.Pointer;
        long total = 0;
        for (int panel = 0; panel < panelCount; panel++)
        {
            ((long*)_panelOffsets.Pointer)[panel] = total;
            long start = total;
            for (int block = 0; block < blockCount; block++, masks += PanelMatrix.PanelRows)
            {
                *blockOffsets++ = checked((uint)(total - start));
                total += source.Mask(panel, block, masks);
                for (int row = 0; row < PanelMatrix.PanelRows; row++)
                {
                    KeptCount += BitOperations.PopCount(masks[row]);
                }
            }
        }

        _values = new NativeBuffer(total + SparseBlock.ReadAhead);
        if (source.ScaleBytes > 0)
        {
            _scales = new NativeBuffer(source.ScaleBytes);
            Buffer.MemoryCopy(source.Panels.Scales, _scales.Pointer, source.ScaleBytes, source.ScaleBytes);
        }

        Panels = new PanelMatrix(
            _values.Pointer,
            (long*)_panelOffsets.Pointer,
            (uint*)_blockOffsets.Pointer,
            (uint*)_masks.Pointer,
            source.Panels.Columns,
            _scales is null ? null : (ushort*)_scales.Pointer,
            source.Panels.GroupColumns,
            source.Panels.ZeroPoint);
        for (int panel = 0; panel < panelCount; panel++)
        {
            for (int block = 0; block < blockCount; block++)
            {
                source.Pack(panel, block, Panels.BlockMasks(panel, block), Panels.BlockValues(panel, block));
            }
        }
    }

    public SparseElement Element { get; }

    /// <summary>Weights that are not zero.</summary>
    public long KeptCount { get; }

    public override long Bytes =>
        _values.Length + _masks.Length + _panelOffsets.Length + _blockOffsets.Length + (_scales?.Length ?? 0);

    public override string Format => Element switch
    {
        SparseElement.BF16 => "bitmap-bf16",
        SparseElement.Int8 => $"bitmap-int8-g{_groupSize}",
        _ => $"bitmap-int4-g{_groupSize}",
    };

    internal PanelMatrix Panels { get; }

    /// <summary>Bytes of the packed values, the room behind them included.</summary>
    internal long ValueBytes => _values.Length;

    /// <summary>Packs a bf16 matrix; zeros of both signs are left out and come back as +0.</summary>
    /// <exception cref="ArgumentException">The matrix is not bf16.</exception>
    public static SparseMatrix FromDense(DenseMatrix dense)
    {
        ArgumentNullException.ThrowIfNull(dense);
        if (dense.Element != DenseElement.BF16)
        {
            throw new ArgumentException($"Sparse elements are bf16 or grouped codes, not {dense.Format}.", nameof(dense));
        }

        return new SparseMatrix(dense.Rows, dense.Columns, SparseElement.BF16, 0, new Source(dense.Panels, dense.Rows, dense.Columns, 2, isFourBit: false, 0));
    }

    /// <summary>Packs grouped codes; those equal to the zero point are left out.</summary>
    /// <exception cref="ArgumentException">The groups have minimums, or are no multiple of 32 columns: then no code stands for zero, or blocks have two scales.</exception>
    public static SparseMatrix FromDense(GroupedIntegerMatrix dense)
    {
        ArgumentNullException.ThrowIfNull(dense);
        if (dense.HasMinimum || dense.HasZeroPoints || dense.ColumnOrder is not null || dense.GroupSize % PanelMatrix.BlockColumns != 0)
        {
            throw new ArgumentException($"Sparse codes have scales for multiples of 32 columns and no minimums; {dense.Format} has not.", nameof(dense));
        }

        PanelMatrix panels = dense.Panels;
        long scaleBytes = (long)panels.GroupCount * PanelShape.PanelCount(dense.Rows) * PanelMatrix.PanelRows * sizeof(ushort);
        bool isFourBit = dense.Bits == 4;
        return new SparseMatrix(
            dense.Rows,
            dense.Columns,
            isFourBit ? SparseElement.Int4 : SparseElement.Int8,
            dense.GroupSize,
            new Source(panels, dense.Rows, dense.Columns, 4, isFourBit, scaleBytes));
    }

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

    /// <summary>The dense panels that a sparse matrix is made from, element by element.</summary>
    private readonly struct Source(PanelMatrix panels, int rows, int columns, int stepColumns, bool isFourBit, long scaleBytes)
    {
        public PanelMatrix Panels => panels;

        public long ScaleBytes => scaleBytes;

        private int Steps => PanelMatrix.BlockColumns / stepColumns;

        /// <summary>Fills a block's mask words; the bytes that its values take.</summary>
        public int Mask(int panel, int block, uint* masks)
        {
            // Padding is code 0 in dense matrices, which is not the zero point, but it meets activations that are zero or ends in rows that are thrown
            // away: it is left out as well.
            int rowEnd = Math.Min(PanelMatrix.PanelRows, rows - (panel * PanelMatrix.PanelRows));
            int columnEnd = Math.Min(PanelMatrix.BlockColumns, columns - (block * PanelMatrix.BlockColumns));
            ushort* elements = stackalloc ushort[SparseBlock.Elements];
            Fetch(panel, block, elements);
            new Span<uint>(masks, PanelMatrix.PanelRows).Clear();
            int lower = 0;
            int upper = 0;
            for (int step = 0; step < Steps; step++)
            {
                int kept = 0;
                for (int row = 0; row < PanelMatrix.PanelRows; row++)
                {
                    for (int part = 0; part < stepColumns; part++, elements++)
                    {
                        int column = (step * stepColumns) + part;
                        if (!IsZero(*elements) && row < rowEnd && column < columnEnd)
                        {
                            masks[row] |= SparseBlock.Bit(column, stepColumns);
                            kept++;
                        }
                    }
                }

                lower += step < Steps / 2 ? kept : 0;
                upper += step < Steps / 2 ? 0 : kept;
            }

            return isFourBit ? Math.Max(lower, upper) : (lower + upper) * (4 / stepColumns);
        }

        public void Pack(int panel, int block, uint* masks, byte* values)
        {
            ushort* elements = stackalloc ushort[SparseBlock.Elements];
            Fetch(panel, block, elements);
            byte* next = values;
            for (int step = 0; step < Steps; step++)
            {
                bool isUpper = isFourBit && step >= Steps / 2;
                next = isFourBit && step == Steps / 2 ? values : next;
                for (int row = 0; row < PanelMatrix.PanelRows; row++)
                {
                    for (int part = 0; part < stepColumns; part++, elements++)
                    {
                        if (!SparseBlock.IsKept(masks, row, (step * stepColumns) + part, stepColumns))
                        {
                            continue;
                        }

                        if (stepColumns == 2)
                        {
                            *(ushort*)next = *elements;
                            next += sizeof(ushort);
                        }
                        else
                        {
                            *next++ |= (byte)(isUpper ? *elements << 4 : *elements);
                        }
                    }
                }
            }
        }

        private bool IsZero(ushort element) => stepColumns == 2 ? (element & 0x7fff) == 0 : element == panels.ZeroPoint;

        /// <summary>A block's elements, by step, row and column.</summary>
        private void Fetch(int panel, int block, ushort* elements)
        {
            byte* values = panels.PanelValues(panel);
            for (int i = 0; i < SparseBlock.Elements; i++)
            {
                elements[i] = stepColumns == 2
                    ? ((ushort*)values)[(block * SparseBlock.Elements) + i]
                    : isFourBit ? Nibble(values + (block * SparseBlock.Elements / 2), i) : values[(block * SparseBlock.Elements) + i];
            }
        }

        // Eight columns of a row share a word of dense 4-bit codes: two steps, the second in the upper halves of the bytes.
        private static ushort Nibble(byte* values, int index)
        {
            byte pair = values[(index / 128 * 64) + (index % 64)];
            return (ushort)(index % 128 < 64 ? pair & 15 : pair >> 4);
        }
    }
}
