using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>
/// Weights as 4-bit codes into a table of sixteen floats, with a float scale, and maybe a minimum, for each group of columns:
/// w = scale · table[code] [+ minimum], the product rounded to float before the sum. Home of the formats whose steps are not even (GGUF's IQ types,
/// 4-bit floats, nf4) and of those whose scales half precision does not hold (Q2_K, Q3_K). In panels of 16 rows (<see cref="PanelMatrix"/>).
/// </summary>
public sealed unsafe class TableMatrix : WeightMatrix
{
    private readonly NativeBuffer _codes;
    private readonly NativeBuffer _scales;
    private readonly NativeBuffer? _minimums;
    private readonly NativeBuffer _table;
    private readonly PanelMatrix _panels;

    /// <summary>A matrix of zero scales.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="groupSize">Columns that share a scale: a multiple of 16; the last group may be short.</param>
    /// <param name="table">Sixteen values, finite.</param>
    /// <param name="hasMinimum">Whether a group has a minimum.</param>
    public TableMatrix(int rows, int columns, int groupSize, ReadOnlySpan<float> table, bool hasMinimum)
        : base(rows, columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groupSize);
        if (groupSize % 16 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(groupSize), groupSize, "A group is a multiple of 16 columns.");
        }

        if (table.Length != CodeTable.Count)
        {
            throw new ArgumentException($"A table has {CodeTable.Count} values, not {table.Length}.", nameof(table));
        }

        GroupSize = groupSize;
        IsWhole = CodeTable.IsWhole(table);

        // As in GroupedIntegerMatrix, kernels know groups of 16 and of multiples of 32.
        int storedGroup = groupSize % PanelMatrix.BlockColumns == 0 ? groupSize : 16;
        int paddedColumns = PanelShape.PadColumns(columns);
        int panelCount = PanelShape.PanelCount(rows);
        long panelBytes = (long)paddedColumns * PanelMatrix.PanelRows / 2;
        long groups = (paddedColumns + storedGroup - 1) / storedGroup;
        _codes = new NativeBuffer(panelBytes * panelCount);
        _scales = new NativeBuffer(groups * panelCount * PanelMatrix.PanelRows * sizeof(float));
        _minimums = hasMinimum ? new NativeBuffer(_scales.Length) : null;
        _table = new NativeBuffer(CodeTable.Size);
        CodeTable.Write(table, _table.Pointer);
        _panels = new PanelMatrix(
            _codes.Pointer,
            panelBytes,
            paddedColumns,
            (float*)_scales.Pointer,
            _minimums is null ? null : (float*)_minimums.Pointer,
            storedGroup,
            _table.Pointer);
    }

    public int GroupSize { get; }

    public bool HasMinimum => _minimums is not null;

    /// <summary>Whether the table holds whole numbers from −128 to 127, which int8 activations can meet.</summary>
    public bool IsWhole { get; }

    public override long Bytes => _codes.Length + _scales.Length + (_minimums?.Length ?? 0);

    public override string Format => $"table4-g{GroupSize}{(HasMinimum ? "-min" : "")}";

    internal PanelMatrix Panels => _panels;

    /// <summary>Sets one row. Rows may be set from several threads at once.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="codes">One code a byte, <see cref="WeightMatrix.Columns"/> of them, each below 16.</param>
    /// <param name="scales">One a group.</param>
    /// <param name="minimums">One a group; empty where groups have no minimum.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void SetRow(int row, ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, ReadOnlySpan<float> minimums)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int groups = (Columns + GroupSize - 1) / GroupSize;
        CheckLength(codes.Length, Columns, nameof(codes));
        CheckLength(scales.Length, groups, nameof(scales));
        CheckLength(minimums.Length, HasMinimum ? groups : 0, nameof(minimums));
        (int panel, int lane) = Math.DivRem(row, PanelMatrix.PanelRows);
        PanelNibbles.Set((uint*)_panels.PanelValues(panel) + lane, codes);
        SetGroups(_panels.FloatScales + _panels.PanelGroup(panel, 0) + lane, scales);
        if (HasMinimum)
        {
            SetGroups(_panels.FloatMinimums + _panels.PanelGroup(panel, 0) + lane, minimums);
        }
    }

    public override void ExpandRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        (int panel, int lane) = Math.DivRem(row, PanelMatrix.PanelRows);
        byte* codes = _panels.PanelValues(panel) + (lane * 4);
        destination = destination[..Columns];
        for (int column = 0; column < destination.Length; column++)
        {
            long group = _panels.PanelGroup(panel, column / _panels.GroupColumns) + lane;
            float value = _panels.FloatScales[group] * CodeTable.Read(_panels.Table, PanelNibbles.Get(codes, column));
            destination[column] = HasMinimum ? value + _panels.FloatMinimums[group] : value;
        }
    }

    public override void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        _minimums?.Dispose();
        _table.Dispose();
    }

    private static void CheckLength(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} {name} a row, found {length}.", name);
        }
    }

    private void SetGroups(float* target, ReadOnlySpan<float> values)
    {
        int copies = GroupSize / _panels.GroupColumns;
        int stored = 0;
        foreach (float value in values)
        {
            for (int copy = 0; copy < copies && stored < _panels.GroupCount; copy++, stored++)
            {
                target[stored * PanelMatrix.PanelRows] = value;
            }
        }
    }
}
