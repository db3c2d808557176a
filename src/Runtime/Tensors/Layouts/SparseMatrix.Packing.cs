using System.Buffers;
using System.Numerics;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

public sealed unsafe partial class SparseMatrix
{
    /// <summary>Packs a bf16 matrix; zeros of both signs are left out and come back as +0.</summary>
    /// <exception cref="ArgumentException">The matrix is not bf16.</exception>
    public static SparseMatrix FromDense(DenseMatrix dense)
    {
        ArgumentNullException.ThrowIfNull(dense);
        return dense.Element == DenseElement.BF16
            ? Pack(dense.Panels, dense.Rows, dense.Columns, SparseElement.BF16, 0)
            : throw new ArgumentException($"Sparse elements are bf16 or grouped codes, not {dense.Format}.", nameof(dense));
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

        SparseMatrix sparse = Pack(dense.Panels, dense.Rows, dense.Columns, dense.Bits == 4 ? SparseElement.Int4 : SparseElement.Int8, dense.GroupSize);
        long scaleBytes = sparse._scales!.Length;
        Buffer.MemoryCopy(dense.Panels.Scales, sparse._scales.Pointer, scaleBytes, scaleBytes);
        return sparse;
    }

    /// <summary>Whether a matrix of so many columns and zeros is worth keeping sparse: below a sixteenth the masks cost what they save.</summary>
    internal static bool Holds(int columns, double sparsity) => columns <= MaxColumns && sparsity > 0.0625;

    /// <summary>Bytes of a matrix whose packed values take so many.</summary>
    internal static long PlanBytes(int rows, int columns, int groupSize, long valueBytes)
    {
        long panels = PanelShape.PanelCount(rows);
        int paddedColumns = PanelShape.PadColumns(columns);
        long blocks = panels * (paddedColumns / PanelMatrix.BlockColumns);
        long groups = groupSize == 0 ? 0 : (paddedColumns + groupSize - 1) / groupSize;
        return valueBytes + SparseBlock.ReadAhead + (blocks * ((PanelMatrix.PanelRows + 1) * sizeof(uint))) + (panels * (sizeof(long) + (groups * PanelMatrix.PanelRows * sizeof(ushort))));
    }

    internal static string FormatOf(SparseElement element, int groupSize) => element switch
    {
        SparseElement.BF16 => "bitmap-bf16",
        SparseElement.Int8 => $"bitmap-int8-g{groupSize}",
        _ => $"bitmap-int4-g{groupSize}",
    };

    /// <summary>A matrix of known masks, whose panels are still to be set.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="element">What is kept.</param>
    /// <param name="groupSize">Columns that share a scale: a multiple of 32; 0 for bf16.</param>
    /// <param name="zeroPoint">The code of what is not kept.</param>
    /// <param name="kept">The masks; bits beyond the last column are not looked at.</param>
    /// <exception cref="ArgumentException">More columns than <see cref="MaxColumns"/>, or a group that blocks do not divide.</exception>
    internal static SparseMatrix Create(int rows, int columns, SparseElement element, int groupSize, int zeroPoint, RowBits kept) =>
        groupSize % PanelMatrix.BlockColumns == 0 && groupSize > 0 == (element != SparseElement.BF16)
            ? new SparseMatrix(rows, columns, element, groupSize, zeroPoint, kept)
            : throw new ArgumentException($"Groups of {groupSize} columns do not fit {element}.", nameof(groupSize));

    /// <summary>Packs a panel. Panels may be set from several threads at once.</summary>
    /// <param name="panel">Which.</param>
    /// <param name="elements">Codes or bf16 bits of its 16 rows, row-major, each row padded to whole blocks; what is not kept is not looked at.</param>
    internal void SetPanel(int panel, ReadOnlySpan<ushort> elements)
    {
        int stepColumns = StepColumns(Element);
        for (int block = 0; block < Panels.BlockCount; block++)
        {
            uint* masks = Panels.BlockMasks(panel, block);
            byte* values = Panels.BlockValues(panel, block);
            byte* next = values;
            for (int column = 0; column < PanelMatrix.BlockColumns; column += stepColumns)
            {
                // 4-bit codes of the block's second half go into the upper halves of the bytes, from the first byte on again.
                bool isUpper = Element == SparseElement.Int4 && column >= PanelMatrix.BlockColumns / 2;
                next = isUpper && column == PanelMatrix.BlockColumns / 2 ? values : next;
                for (int row = 0; row < PanelMatrix.PanelRows; row++)
                {
                    int start = (row * Panels.Columns) + (block * PanelMatrix.BlockColumns) + column;
                    for (int part = 0; part < stepColumns; part++)
                    {
                        if (!SparseBlock.IsKept(masks, row, column + part, stepColumns))
                        {
                            continue;
                        }

                        ushort element = elements[start + part];
                        if (Element == SparseElement.BF16)
                        {
                            *(ushort*)next = element;
                            next += sizeof(ushort);
                        }
                        else
                        {
                            *next++ |= (byte)(isUpper ? element << 4 : element);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Sets the scales of a row, half-precision bits, one a group.</summary>
    internal void SetScales(int row, ReadOnlySpan<ushort> scales)
    {
        ushort* target = Panels.PanelScales(row / PanelMatrix.PanelRows) + (row % PanelMatrix.PanelRows);
        for (int group = 0; group < Math.Min(scales.Length, Panels.GroupCount); group++)
        {
            target[group * PanelMatrix.PanelRows] = scales[group];
        }
    }

    private static int StepColumns(SparseElement element) => element == SparseElement.BF16 ? 2 : 4;

    private static SparseMatrix Pack(PanelMatrix panels, int rows, int columns, SparseElement element, int groupSize)
    {
        ushort zero = (ushort)panels.ZeroPoint;
        SparseMatrix sparse = new(rows, columns, element, groupSize, panels.ZeroPoint, (row, block) =>
        {
            uint bits = 0;
            for (int i = 0; i < PanelMatrix.BlockColumns; i++)
            {
                ushort value = Fetch(panels, element, row, (block * PanelMatrix.BlockColumns) + i);
                bool isZero = element == SparseElement.BF16 ? (value & 0x7fff) == 0 : value == zero;
                bits |= isZero ? 0 : 1u << i;
            }

            return bits;
        });
        ushort[] elements = ArrayPool<ushort>.Shared.Rent(PanelMatrix.PanelRows * panels.Columns);
        for (int panel = 0; panel < PanelShape.PanelCount(rows); panel++)
        {
            for (int i = 0; i < PanelMatrix.PanelRows * panels.Columns; i++)
            {
                elements[i] = Fetch(panels, element, (panel * PanelMatrix.PanelRows) + (i / panels.Columns), i % panels.Columns);
            }

            sparse.SetPanel(panel, elements);
        }

        ArrayPool<ushort>.Shared.Return(elements);
        return sparse;
    }

    /// <summary>An element of dense panels.</summary>
    private static ushort Fetch(PanelMatrix panels, SparseElement element, int row, int column)
    {
        byte* lane = panels.PanelValues(row / PanelMatrix.PanelRows) + (row % PanelMatrix.PanelRows * sizeof(uint));
        switch (element)
        {
            case SparseElement.BF16:
                return ((ushort*)lane)[(column / 2 * PanelMatrix.PanelRows * 2) + (column % 2)];
            case SparseElement.Int8:
                return lane[(column / 4 * PanelMatrix.PanelRows * 4) + (column % 4)];
            default:
                byte pair = lane[(column / 8 * PanelMatrix.PanelRows * 4) + (column % 4)];
                return (ushort)(column % 8 < 4 ? pair & 15 : pair >> 4);
        }
    }

    /// <summary>Fills a panel's mask words and block offsets; the bytes that its values take.</summary>
    private uint MaskPanel(int panel, int blockCount, RowBits kept)
    {
        uint* masks = (uint*)_masks.Pointer + ((long)panel * blockCount * PanelMatrix.PanelRows);
        uint* offsets = (uint*)_blockOffsets.Pointer + ((long)panel * blockCount);
        int firstRow = panel * PanelMatrix.PanelRows;
        int rowCount = Math.Min(PanelMatrix.PanelRows, Rows - firstRow);
        uint bytes = 0;
        for (int block = 0; block < blockCount; block++, masks += PanelMatrix.PanelRows)
        {
            offsets[block] = bytes;
            int columns = Columns - (block * PanelMatrix.BlockColumns);
            uint inside = columns >= PanelMatrix.BlockColumns ? uint.MaxValue : (1u << columns) - 1;
            int lower = 0;
            int upper = 0;
            for (int row = 0; row < rowCount; row++)
            {
                uint bits = kept(firstRow + row, block) & inside;
                masks[row] = SparseBlock.Arrange(bits, StepColumns(Element));
                lower += BitOperations.PopCount(bits & 0xFFFF);
                upper += BitOperations.PopCount(bits >> 16);
            }

            KeptCount += lower + upper;
            bytes += Element switch
            {
                SparseElement.BF16 => (uint)(lower + upper) * sizeof(ushort),
                SparseElement.Int8 => (uint)(lower + upper),
                _ => (uint)Math.Max(lower, upper),
            };
        }

        return bytes;
    }
}
