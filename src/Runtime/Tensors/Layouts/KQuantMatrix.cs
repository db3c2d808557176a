using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>
/// GGUF's K-quants Q4_K, Q5_K and Q6_K packed as they are: codes of 4, 5 or 6 bits, whole-number scales of 32 or 16 columns, and half-precision
/// scales of 256 columns. w = d · sc · u − dmin · m (4 and 5 bits), d · sc · (u − 32) (6 bits). In panels of 16 rows (<see cref="KQuantRecord"/>).
/// </summary>
public sealed unsafe class KQuantMatrix : WeightMatrix
{
    /// <summary>Columns of a block, which <see cref="SetBlock"/> sets.</summary>
    public const int BlockColumns = KQuantRecord.Columns;

    private readonly NativeBuffer _buffer;
    private readonly PanelMatrix _panels;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs: a multiple of 256.</param>
    /// <param name="bits">4, 5 or 6.</param>
    public KQuantMatrix(int rows, int columns, int bits)
        : base(rows, columns)
    {
        if (bits is < 4 or > 6)
        {
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "Codes have 4, 5 or 6 bits.");
        }

        if (columns % BlockColumns != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(columns), columns, $"Columns are a multiple of {BlockColumns}.");
        }

        Bits = bits;
        long panelBytes = (long)(columns / BlockColumns) * KQuantRecord.Bytes(bits);
        _buffer = new NativeBuffer(panelBytes * PanelShape.PanelCount(rows));
        _panels = new PanelMatrix(_buffer.Pointer, panelBytes, columns, null, null, 0, 0);
    }

    public int Bits { get; }

    public bool HasMinimum => KQuantRecord.HasMinimums(Bits);

    /// <summary>Scales, and minimums where there are any, of a block of 256 columns: 8 or 16.</summary>
    public int GroupCount => KQuantRecord.GroupCount(Bits);

    public override long Bytes => _buffer.Length;

    public override string Format => $"q{Bits}_k";

    internal PanelMatrix Panels => _panels;

    /// <summary>Sets 256 columns of a row. Rows of different panels may be set from several threads at once.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="block">Index of the 256 columns.</param>
    /// <param name="codes">256 codes, one a byte, each below 2^<see cref="Bits"/>.</param>
    /// <param name="scale">Half-precision bits of d.</param>
    /// <param name="groupScales">One byte a group: unsigned, with 6 bits signed.</param>
    /// <param name="minimumScale">Half-precision bits of dmin; 0 where there are no minimums.</param>
    /// <param name="groupMinimums">One byte a group; empty where there are no minimums.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void SetBlock(
        int row,
        int block,
        ReadOnlySpan<byte> codes,
        ushort scale,
        ReadOnlySpan<byte> groupScales,
        ushort minimumScale,
        ReadOnlySpan<byte> groupMinimums)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)(Columns / BlockColumns), nameof(block));
        CheckLength(codes.Length, BlockColumns, nameof(codes));
        CheckLength(groupScales.Length, GroupCount, nameof(groupScales));
        CheckLength(groupMinimums.Length, HasMinimum ? GroupCount : 0, nameof(groupMinimums));
        byte* record = Record(row, block);
        int lane = row % PanelMatrix.PanelRows;
        SetCodes(record + (lane * sizeof(uint)), codes);
        for (int group = 0; group < groupScales.Length; group++)
        {
            record[KQuantRecord.GroupScalesOffset(Bits, group) + lane] = groupScales[group];
        }

        ((ushort*)(record + KQuantRecord.ScaleOffset(Bits)))[lane] = scale;
        if (HasMinimum)
        {
            for (int group = 0; group < groupMinimums.Length; group++)
            {
                record[KQuantRecord.GroupMinimumsOffset(Bits, group) + lane] = groupMinimums[group];
            }

            // Kept negated, so that kernels only ever add.
            ((ushort*)(record + KQuantRecord.MinimumScaleOffset(Bits)))[lane] = (ushort)(minimumScale ^ 0x8000);
        }
    }

    public override void ExpandRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int lane = row % PanelMatrix.PanelRows;
        int groupColumns = KQuantRecord.GroupColumns(Bits);
        for (int first = 0; first < Columns; first += groupColumns)
        {
            byte* record = Record(row, first / BlockColumns);
            int column = first % BlockColumns;
            int group = column / groupColumns;
            float scale = HalfBits.ToSingle(KQuantRecord.ReadScale(record, Bits, lane)) * KQuantRecord.ReadGroupScale(record, Bits, lane, group);
            float minimum = HasMinimum
                ? HalfBits.ToSingle(KQuantRecord.ReadMinimumScale(record, Bits, lane)) * KQuantRecord.ReadGroupMinimum(record, Bits, lane, group)
                : 0;
            Span<float> target = destination.Slice(first, groupColumns);
            for (int i = 0; i < target.Length; i++)
            {
                // Without a minimum nothing is added: −0 + 0 would lose the sign.
                float value = scale * (KQuantRecord.ReadCode(record, Bits, lane, column + i) - KQuantRecord.ZeroPoint(Bits));
                target[i] = HasMinimum ? value + minimum : value;
            }
        }
    }

    public override void Dispose() => _buffer.Dispose();

    private static void CheckLength(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} {name} a block, found {length}.", name);
        }
    }

    private byte* Record(int row, int block) =>
        _panels.PanelValues(row / PanelMatrix.PanelRows) + ((long)block * KQuantRecord.Bytes(Bits));

    // Four codes at a time: their low halves go into half a word, their high bits, moved next to those of earlier columns, into another.
    private void SetCodes(byte* lane, ReadOnlySpan<byte> codes)
    {
        ReadOnlySpan<uint> quads = MemoryMarshal.Cast<byte, uint>(codes);
        int width = Bits - 4;
        int perWord = width == 0 ? 1 : 8 / width;
        uint highMask = 0x01010101u * (uint)((1 << width) - 1);
        for (int block = 0; block < KQuantRecord.BlockCount; block++)
        {
            for (int quad = 0; quad < 8; quad++)
            {
                uint four = quads[(block * 8) + quad];
                uint low = four & 0x0f0f0f0f;
                uint* nibbles = (uint*)(lane + KQuantRecord.NibblesOffset(block) + (quad / 2 * KQuantRecord.WordBytes));
                *nibbles = quad % 2 == 0 ? low : *nibbles | (low << 4);
                if (width != 0)
                {
                    uint* high = (uint*)(lane + KQuantRecord.BlockHighBitsOffset(Bits, block) + (quad / perWord * KQuantRecord.WordBytes));
                    uint bits = ((four >> 4) & highMask) << (quad % perWord * width);
                    *high = quad % perWord == 0 ? bits : *high | bits;
                }
            }
        }
    }
}
