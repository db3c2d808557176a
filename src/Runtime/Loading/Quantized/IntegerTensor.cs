using System.Buffers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// A weight of integer codes with a scale and a zero point a group: w = scale·(q − zero). Where half precision holds the scales, it goes into the
/// grouped-integer layout without loss: up to 4 bits in 4, more in 8, with zero points of groups where they differ. Columns that were grouped by
/// importance are brought into the order of their groups. Up to 4 bits with bfloat16 scales go into the table layout; what fits nowhere is decoded to
/// float.
/// </summary>
internal abstract class IntegerTensor : ModuleTensor
{
    // Taken out of the codes where groups have zero points of their own.
    private const int MiddleCode = 8;

    // One panel of the compute layouts, and few enough groups that a sample stays within a page or two.
    private const int SampledRows = 16;
    private const int SampledGroups = 2;

    private readonly StoredPart[] _parts;

    protected IntegerTensor(string name, int rows, int columns, string format, params StoredPart?[] parts)
        : base(name, rows, columns, format, parts)
    {
        _parts = [.. parts.OfType<StoredPart>()];
    }

    /// <summary>Columns that share a scale, where groups are runs of columns.</summary>
    protected abstract int GroupSize { get; }

    /// <summary>The group of each column where groups are no runs, else null.</summary>
    protected virtual int[]? GroupOfColumn => null;

    /// <summary>Columns that share a scale.</summary>
    public int GroupColumns => GroupSize;

    /// <summary>The group of each column where groups are no runs of columns, else null.</summary>
    public int[]? GroupIndex => GroupOfColumn;

    /// <summary>Bits that hold every code: 2, 3, 4 or 8.</summary>
    public int Bits => (CodeRange.Largest - CodeRange.Smallest) switch { <= 3 => 2, <= 7 => 3, <= 15 => 4, _ => 8 };

    protected int GroupCount => (Columns + GroupSize - 1) / GroupSize;

    /// <summary>Smallest and largest code that the format can hold.</summary>
    protected abstract (int Smallest, int Largest) CodeRange { get; }

    protected abstract void ReadCodes(int row, Span<int> codes);

    protected abstract float ScaleOf(int row, int group);

    protected abstract int ZeroOf(int row, int group);

    /// <summary>The scale of a group, and its zero point where codes go from 0 up.</summary>
    public (float Scale, int Zero) Grid(int row, int group) => (ScaleOf(row, group), ZeroOf(row, group) - CodeRange.Smallest);

    /// <summary>A row as it is stored, for writers of other formats: w = scale·(code − zero), codes from 0 up.</summary>
    /// <param name="row">Which.</param>
    /// <param name="codes">A code for each column.</param>
    /// <param name="scales">A scale for each group.</param>
    /// <param name="zeros">A zero point for each group, in the same range as codes.</param>
    public void ReadStored(int row, Span<byte> codes, Span<float> scales, Span<float> zeros)
    {
        int[] stored = ArrayPool<int>.Shared.Rent(Columns);
        ReadCodes(row, stored.AsSpan(0, Columns));
        for (int column = 0; column < Columns; column++)
        {
            codes[column] = (byte)(stored[column] - CodeRange.Smallest);
        }

        for (int group = 0; group < GroupCount; group++)
        {
            scales[group] = ScaleOf(row, group);
            zeros[group] = ZeroOf(row, group) - CodeRange.Smallest;
        }

        ArrayPool<int>.Shared.Return(stored);
    }

    public override WeightMatrix CreateMatrix()
    {
        return FindLayout(Rows, GroupCount, ScaleOf) is { } layout ? CreateGrouped(Rows, layout) : base.CreateMatrix();
    }

    /// <summary>
    /// As the first rows' scales and zero points have it, since reading all of them would take long on a large model.
    /// </summary>
    public override (string Layout, long Bytes) PlanMatrix()
    {
        float[] scales = _parts.Skip(1).Select(part => part.SampleFloats(SampledRows)).FirstOrDefault(sample => sample.Length > 0) ?? [];
        (int Bits, int ZeroPoint, bool HasZeroPoints, bool IsTable)? layout =
            FindLayout(Math.Min(Rows, SampledRows), Math.Min(GroupCount, SampledGroups), (row, _) => scales.Length == 0 ? 1 : scales[row % scales.Length]);

        // Two sizes tell what a panel adds and what the matrix has once, as the order of its columns.
        using WeightMatrix one = Create(SampledRows);
        using WeightMatrix two = Create(2 * SampledRows);
        return (one.Format, one.Bytes + ((two.Bytes - one.Bytes) * ((Rows - 1) / SampledRows)));

        WeightMatrix Create(int rows) => layout is null ? new DenseMatrix(rows, Columns, DenseElement.F32) : CreateGrouped(rows, layout.Value);
    }

    private WeightMatrix CreateGrouped(int rows, (int Bits, int ZeroPoint, bool HasZeroPoints, bool IsTable) layout)
    {
        int groupSize = GroupCount == 1 ? (Columns + 15) / 16 * 16 : GroupSize;
        if (layout.IsTable)
        {
            float[] table = [.. Enumerable.Range(0, 16).Select(code => (float)(code - layout.ZeroPoint))];
            return new TableMatrix(rows, Columns, groupSize, table, layout.HasZeroPoints);
        }

        GroupedIntegerMatrix matrix = new(rows, Columns, layout.Bits, groupSize, layout.ZeroPoint, hasMinimum: false, layout.HasZeroPoints);
        matrix.ColumnOrder = ColumnsByGroup();
        return matrix;
    }

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        if (matrix is TableMatrix table)
        {
            StoreRows(table, firstRow, rowCount);
            return;
        }

        if (matrix is not GroupedIntegerMatrix grouped)
        {
            base.StoreRows(matrix, firstRow, rowCount, allowNonFinite);
            return;
        }

        int[] codes = ArrayPool<int>.Shared.Rent(Columns);
        byte[] unsigned = ArrayPool<byte>.Shared.Rent(Columns);
        ushort[] scales = ArrayPool<ushort>.Shared.Rent(GroupCount);
        byte[] zeroPoints = ArrayPool<byte>.Shared.Rent(GroupCount);
        try
        {
            for (int row = firstRow; row < firstRow + rowCount; row++)
            {
                ReadCodes(row, codes.AsSpan(0, Columns));
                for (int group = 0; group < GroupCount; group++)
                {
                    scales[group] = BitConverter.HalfToUInt16Bits((Half)ScaleOf(row, group));
                    int zero = ZeroOf(row, group);
                    int shift = grouped.HasZeroPoints ? -CodeRange.Smallest : grouped.ZeroPoint - zero;
                    zeroPoints[group] = (byte)(zero + shift);
                    int end = Math.Min(Columns, (group + 1) * GroupSize);
                    for (int position = group * GroupSize; position < end; position++)
                    {
                        unsigned[position] = (byte)(codes[grouped.ColumnOrder is { } order ? order[position] : position] + shift);
                    }
                }

                grouped.SetRow(row, unsigned.AsSpan(0, Columns), scales.AsSpan(0, GroupCount), []);
                if (grouped.HasZeroPoints)
                {
                    grouped.SetZeroPoints(row, zeroPoints.AsSpan(0, GroupCount));
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(codes);
            ArrayPool<byte>.Shared.Return(unsigned);
            ArrayPool<ushort>.Shared.Return(scales);
            ArrayPool<byte>.Shared.Return(zeroPoints);
        }
    }

    private void StoreRows(TableMatrix table, int firstRow, int rowCount)
    {
        int smallest = CodeRange.Smallest;
        int[] codes = new int[Columns];
        byte[] unsigned = new byte[Columns];
        float[] scales = new float[GroupCount];
        float[] minimums = new float[table.HasMinimum ? GroupCount : 0];
        for (int row = firstRow; row < firstRow + rowCount; row++)
        {
            ReadCodes(row, codes);
            for (int column = 0; column < codes.Length; column++)
            {
                unsigned[column] = (byte)(codes[column] - smallest);
            }

            for (int group = 0; group < GroupCount; group++)
            {
                scales[group] = ScaleOf(row, group);
                if (table.HasMinimum)
                {
                    minimums[group] = scales[group] * (MiddleCode - (ZeroOf(row, group) - smallest));
                }
            }

            table.SetRow(row, unsigned, scales, minimums);
        }
    }

    protected override void DecodeRow(int row, Span<float> values)
    {
        int[] codes = ArrayPool<int>.Shared.Rent(Columns);
        try
        {
            ReadCodes(row, codes.AsSpan(0, Columns));
            int[]? groups = GroupOfColumn;
            for (int column = 0; column < Columns; column++)
            {
                int group = groups is null ? column / GroupSize : groups[column];
                values[column] = ScaleOf(row, group) * (codes[column] - ZeroOf(row, group));
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(codes);
        }
    }

    /// <summary>The index of each column's group, read when it is first asked for; null where there is none.</summary>
    protected Lazy<int[]?>? LazyGroups(StoredPart? part) => part is null ? null : new Lazy<int[]?>(() => ReadGroups(part));

    /// <summary>Checks a stored index of each column's group.</summary>
    /// <returns>The index, or null where it is the column over the group size.</returns>
    /// <exception cref="CheckpointException">A group that does not exist.</exception>
    private int[]? ReadGroups(StoredPart part)
    {
        int[] groups = part.As<int>().ToArray();
        bool runs = true;
        for (int column = 0; column < groups.Length; column++)
        {
            if (groups[column] < 0 || groups[column] >= GroupCount)
            {
                throw new CheckpointException(
                    part.File, "a column's group does not exist", tensor: part.Entry.Name, field: $"[{column}]", expected: $"0 to {GroupCount - 1}", found: $"{groups[column]}");
            }

            runs &= groups[column] == column / GroupSize;
        }

        return runs ? null : groups;
    }

    /// <summary>The layout that holds every row without loss, or null. Scans scales and zero points, which are few.</summary>
    /// <param name="rows">Rows to look at.</param>
    /// <param name="groups">Groups of each to look at.</param>
    /// <param name="scaleOf">The scale of a row and group.</param>
    private (int Bits, int ZeroPoint, bool HasZeroPoints, bool IsTable)? FindLayout(int rows, int groups, Func<int, int, float> scaleOf)
    {
        if ((GroupCount > 1 && GroupSize % 16 != 0) || (GroupOfColumn is not null && ColumnsByGroup() is null))
        {
            return null;
        }

        bool areHalves = true;
        bool areShort = true;
        int smallestZero = int.MaxValue;
        int largestZero = int.MinValue;
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < groups; group++)
            {
                float scale = scaleOf(row, group);

                // The decoding to float reports these.
                if (!float.IsFinite(scale))
                {
                    return null;
                }

                // 16 significant bits times a difference of codes are exact, and so are sums of such products.
                areHalves &= (float)(Half)scale == scale;
                areShort &= (BitConverter.SingleToUInt32Bits(scale) & 0xff) == 0 && (scale == 0 || MathF.Abs(scale) > 1e-30f);
                int zero = ZeroOf(row, group);
                smallestZero = Math.Min(smallestZero, zero);
                largestZero = Math.Max(largestZero, zero);
            }
        }

        (int smallest, int largest) = CodeRange;
        if (largest - smallest <= 15)
        {
            bool isCommon = smallestZero == largestZero && smallestZero - smallest is >= 0 and <= 15;
            bool isTable = !areHalves;
            if (isTable && (GroupOfColumn is not null || !(isCommon || areShort)))
            {
                return null;
            }

            return isCommon
                ? (4, smallestZero - smallest, false, isTable)
                : (4, MiddleCode, true, isTable);
        }

        // One zero point for all costs nothing where codes less their zero points still fit a byte.
        return areHalves ? (8, 128, largest - smallestZero > 127 || smallest - largestZero < -128, false) : null;
    }

    /// <summary>Columns in the order of their groups, or null where they stand so already, or where groups are not equally large.</summary>
    private int[]? ColumnsByGroup()
    {
        if (GroupOfColumn is not { } groups)
        {
            return null;
        }

        int[] order = [.. Enumerable.Range(0, Columns).OrderBy(column => groups[column])];
        for (int position = 0; position < order.Length; position++)
        {
            if (groups[order[position]] != position / GroupSize)
            {
                return null;
            }
        }

        return order;
    }
}
