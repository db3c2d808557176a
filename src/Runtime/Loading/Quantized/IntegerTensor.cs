using System.Buffers;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// A weight of integer codes with a scale and a zero point a group: w = scale·(q − zero). Where the groups are runs of columns and half
/// precision holds the scales, it goes into the grouped-integer layout without loss: in 4 bits where all zero points are one number, else in 8
/// bits with q − zero as the code. What fits neither is decoded to float.
/// </summary>
internal abstract class IntegerTensor : ModuleTensor
{
    protected IntegerTensor(string name, int rows, int columns, string format, params StoredPart?[] parts)
        : base(name, rows, columns, format, parts)
    {
    }

    /// <summary>Columns that share a scale, where groups are runs of columns.</summary>
    protected abstract int GroupSize { get; }

    /// <summary>The group of each column where groups are no runs, else null.</summary>
    protected virtual int[]? GroupOfColumn => null;

    protected int GroupCount => (Columns + GroupSize - 1) / GroupSize;

    /// <summary>Smallest and largest code that the format can hold.</summary>
    protected abstract (int Smallest, int Largest) CodeRange { get; }

    protected abstract void ReadCodes(int row, Span<int> codes);

    protected abstract float ScaleOf(int row, int group);

    protected abstract int ZeroOf(int row, int group);

    public override WeightMatrix CreateMatrix()
    {
        if (FindLayout() is not { } layout)
        {
            return base.CreateMatrix();
        }

        int groupSize = GroupCount == 1 ? (Columns + 15) / 16 * 16 : GroupSize;
        return new GroupedIntegerMatrix(Rows, Columns, layout.Bits, groupSize, layout.ZeroPoint, hasMinimum: false);
    }

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        if (matrix is not GroupedIntegerMatrix grouped)
        {
            base.StoreRows(matrix, firstRow, rowCount, allowNonFinite);
            return;
        }

        int[] codes = ArrayPool<int>.Shared.Rent(Columns);
        byte[] unsigned = ArrayPool<byte>.Shared.Rent(Columns);
        ushort[] scales = ArrayPool<ushort>.Shared.Rent(GroupCount);
        try
        {
            for (int row = firstRow; row < firstRow + rowCount; row++)
            {
                ReadCodes(row, codes.AsSpan(0, Columns));
                for (int group = 0; group < GroupCount; group++)
                {
                    scales[group] = BitConverter.HalfToUInt16Bits((Half)ScaleOf(row, group));
                    int shift = grouped.ZeroPoint - ZeroOf(row, group);
                    int end = Math.Min(Columns, (group + 1) * GroupSize);
                    for (int column = group * GroupSize; column < end; column++)
                    {
                        unsigned[column] = (byte)(codes[column] + shift);
                    }
                }

                grouped.SetRow(row, unsigned.AsSpan(0, Columns), scales.AsSpan(0, GroupCount), []);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(codes);
            ArrayPool<byte>.Shared.Return(unsigned);
            ArrayPool<ushort>.Shared.Return(scales);
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

    /// <summary>The layout that holds every row without loss, or null. Scans scales and zero points, which are few.</summary>
    private (int Bits, int ZeroPoint)? FindLayout()
    {
        if (GroupOfColumn is not null || (GroupCount > 1 && GroupSize % 16 != 0))
        {
            return null;
        }

        int smallestZero = int.MaxValue;
        int largestZero = int.MinValue;
        for (int row = 0; row < Rows; row++)
        {
            for (int group = 0; group < GroupCount; group++)
            {
                float scale = ScaleOf(row, group);

                // Also false for NaN, which the decoding to float then reports.
                if ((float)(Half)scale != scale || NonFinite.IsF16(BitConverter.HalfToUInt16Bits((Half)scale)))
                {
                    return null;
                }

                int zero = ZeroOf(row, group);
                smallestZero = Math.Min(smallestZero, zero);
                largestZero = Math.Max(largestZero, zero);
            }
        }

        (int smallest, int largest) = CodeRange;
        if (smallestZero == largestZero && largest - smallest <= 15 && smallestZero - smallest is >= 0 and <= 15)
        {
            return (4, smallestZero - smallest);
        }

        return largest - smallestZero <= 127 && smallest - largestZero >= -128 ? (8, 128) : null;
    }
}
