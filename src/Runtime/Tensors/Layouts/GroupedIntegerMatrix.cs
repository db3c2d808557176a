using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>
/// Weights as unsigned codes of 4 or 8 bits with a half-precision scale, and maybe a minimum, for each group of columns:
/// w = scale · (code − zero point) [+ minimum], the product rounded to float before the sum. Home of Q8_0 (codes q + 128, zero point 128), Q4_0
/// (zero point 8), Q4_1 (minimums), of GPTQ, AWQ and compressed-tensors (zero points of groups) and their like. In panels of 16 rows
/// (<see cref="PanelMatrix"/>).
/// </summary>
public sealed unsafe class GroupedIntegerMatrix : WeightMatrix
{
    private readonly NativeBuffer _codes;
    private readonly NativeBuffer _scales;
    private readonly NativeBuffer? _minimums;
    private readonly NativeBuffer? _zeroPoints;
    private readonly PanelMatrix _panels;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="groupSize">Columns that share a scale: a multiple of 16; the last group may be short.</param>
    /// <param name="zeroPoint">The code that stands for zero, before the minimum is added.</param>
    /// <param name="hasMinimum">Whether a group has a minimum.</param>
    /// <param name="hasZeroPoints">Whether a group has a zero point of its own; it has no minimum then.</param>
    public GroupedIntegerMatrix(int rows, int columns, int bits, int groupSize, int zeroPoint, bool hasMinimum, bool hasZeroPoints = false)
        : base(rows, columns)
    {
        if (bits is not (4 or 8))
        {
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "Codes have 4 or 8 bits.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groupSize);
        if (groupSize % 16 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(groupSize), groupSize, "A group is a multiple of 16 columns.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(zeroPoint);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(zeroPoint, 1 << bits);
        if (hasMinimum && hasZeroPoints)
        {
            throw new ArgumentException("A group has a minimum or a zero point, not both.", nameof(hasZeroPoints));
        }

        Bits = bits;
        GroupSize = groupSize;
        ZeroPoint = zeroPoint;

        // Activations have a scale every 32 columns. Groups that end inside such a block are kept as groups of 16, so kernels know two cases only.
        int storedGroup = groupSize % PanelMatrix.BlockColumns == 0 ? groupSize : 16;
        int paddedColumns = PanelShape.PadColumns(columns);
        int panelCount = PanelShape.PanelCount(rows);
        long panelBytes = (long)paddedColumns * PanelMatrix.PanelRows * bits / 8;
        long groups = (paddedColumns + storedGroup - 1) / storedGroup;
        _codes = new NativeBuffer(panelBytes * panelCount);
        _scales = new NativeBuffer(groups * panelCount * PanelMatrix.PanelRows * sizeof(ushort));
        _minimums = hasMinimum ? new NativeBuffer(_scales.Length) : null;
        _zeroPoints = hasZeroPoints ? new NativeBuffer(groups * panelCount * PanelMatrix.PanelRows) : null;
        _panels = new PanelMatrix(
            _codes.Pointer,
            panelBytes,
            paddedColumns,
            (ushort*)_scales.Pointer,
            _minimums is null ? null : (ushort*)_minimums.Pointer,
            storedGroup,
            zeroPoint,
            _zeroPoints is null ? null : _zeroPoints.Pointer);
    }

    public int Bits { get; }

    public int GroupSize { get; }

    public int ZeroPoint { get; }

    /// <summary>
    /// Which column of the layer stands at each place, or null where they stand in order. Codes, and the activations they meet, go by place;
    /// <see cref="ExpandRow"/> goes by column. GPTQ's act-order gives columns of one importance a scale.
    /// </summary>
    public int[]? ColumnOrder { get; set; }

    public bool HasMinimum => _minimums is not null;

    public bool HasZeroPoints => _zeroPoints is not null;

    public override long Bytes => _codes.Length + _scales.Length + (_minimums?.Length ?? 0) + (_zeroPoints?.Length ?? 0) + ((ColumnOrder?.Length ?? 0) * sizeof(int));

    public override string Format => $"int{Bits}-g{GroupSize}{(HasMinimum ? "-min" : "")}{(HasZeroPoints ? "-zero" : "")}{(ColumnOrder is null ? "" : "-order")}";

    internal PanelMatrix Panels => _panels;

    /// <summary>Sets one row. Rows may be set from several threads at once.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="codes">One code a byte, <see cref="WeightMatrix.Columns"/> of them, each below 2^<see cref="Bits"/>.</param>
    /// <param name="scales">Half-precision bits, one a group.</param>
    /// <param name="minimums">Half-precision bits, one a group; empty where groups have no minimum.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void SetRow(int row, ReadOnlySpan<byte> codes, ReadOnlySpan<ushort> scales, ReadOnlySpan<ushort> minimums)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int groups = (Columns + GroupSize - 1) / GroupSize;
        CheckLength(codes.Length, Columns, nameof(codes));
        CheckLength(scales.Length, groups, nameof(scales));
        CheckLength(minimums.Length, HasMinimum ? groups : 0, nameof(minimums));
        int panel = row / PanelMatrix.PanelRows;
        int lane = row % PanelMatrix.PanelRows;
        uint* target = (uint*)_panels.PanelValues(panel) + lane;
        if (Bits == 4)
        {
            PanelNibbles.Set(target, codes);
        }
        else
        {
            SetCodes8(target, codes);
        }

        SetGroups(_panels.PanelScales(panel) + lane, scales);
        if (HasMinimum)
        {
            SetGroups(_panels.PanelMinimums(panel) + lane, minimums);
        }
    }

    /// <summary>Sets the zero points of one row, in a matrix that has them. Rows may be set from several threads at once.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="zeroPoints">The code that stands for zero, one a group; it may lie outside the codes' range.</param>
    /// <exception cref="ArgumentException">The span has another length, or all groups share one zero point.</exception>
    public void SetZeroPoints(int row, ReadOnlySpan<byte> zeroPoints)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        CheckLength(zeroPoints.Length, HasZeroPoints ? (Columns + GroupSize - 1) / GroupSize : 0, nameof(zeroPoints));
        SetGroups(_panels.PanelZeroPoints(row / PanelMatrix.PanelRows) + (row % PanelMatrix.PanelRows), zeroPoints);
    }

    public override void ExpandRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int panel = row / PanelMatrix.PanelRows;
        int lane = row % PanelMatrix.PanelRows;
        byte* codes = _panels.PanelValues(panel) + (lane * 4);
        destination = destination[..Columns];
        float scale = 0;
        float minimum = 0;
        int zeroPoint = ZeroPoint;
        for (int column = 0; column < destination.Length; column++)
        {
            if (column % _panels.GroupColumns == 0)
            {
                int group = ((column / _panels.GroupColumns) * PanelMatrix.PanelRows) + lane;
                scale = HalfBits.ToSingle(_panels.PanelScales(panel)[group]);
                minimum = HasMinimum ? HalfBits.ToSingle(_panels.PanelMinimums(panel)[group]) : 0;
                zeroPoint = HasZeroPoints ? _panels.PanelZeroPoints(panel)[group] : ZeroPoint;
            }

            int code = Bits == 4 ? PanelNibbles.Get(codes, column) : codes[((column / 4) * PanelMatrix.PanelRows * 4) + (column % 4)];

            // Without a minimum nothing is added: −0 + 0 would lose the sign.
            float value = scale * (code - zeroPoint);
            destination[ColumnOrder is null ? column : ColumnOrder[column]] = HasMinimum ? value + minimum : value;
        }
    }

    public override void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        _minimums?.Dispose();
        _zeroPoints?.Dispose();
    }

    private static void CheckLength(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} {name} a row, found {length}.", name);
        }
    }

    private static void SetCodes8(uint* target, ReadOnlySpan<byte> codes)
    {
        int whole = codes.Length & ~3;
        ref byte start = ref MemoryMarshal.GetReference(codes);
        for (int column = 0; column < whole; column += 4, target += PanelMatrix.PanelRows)
        {
            *target = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, column));
        }

        for (int column = whole; column < codes.Length; column++)
        {
            ((byte*)target)[column - whole] = codes[column];
        }
    }

    private void SetGroups<T>(T* target, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        int copies = GroupSize / _panels.GroupColumns;
        int stored = 0;
        foreach (T value in values)
        {
            for (int copy = 0; copy < copies && stored < _panels.GroupCount; copy++, stored++)
            {
                target[stored * PanelMatrix.PanelRows] = value;
            }
        }
    }
}
