using System.Buffers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>
/// A weight of 4-bit codes into a table of floats with a scale a group: w = scale·table[code]. Where groups do not cross rows it goes into the table
/// layout without loss, else it is decoded to float.
/// </summary>
internal abstract class CodeTableTensor : ModuleTensor
{
    protected CodeTableTensor(string name, int rows, int columns, string format, params StoredPart?[] parts)
        : base(name, rows, columns, format, parts)
    {
    }

    /// <summary>Columns that share a scale.</summary>
    protected abstract int GroupSize { get; }

    /// <summary>Sixteen values.</summary>
    protected abstract ReadOnlySpan<float> Table { get; }

    protected abstract void ReadCodes(int row, Span<byte> codes);

    /// <summary>A scale, asked for only where groups do not cross rows.</summary>
    protected abstract float ScaleOf(int row, int group);

    // A table that is not finite takes the way on which values are checked one by one.
    public override WeightMatrix CreateMatrix() =>
        GroupSize % 16 == 0 && Columns % GroupSize == 0 && !Table.ContainsAnyExceptInRange(-float.MaxValue, float.MaxValue)
            ? new TableMatrix(Rows, Columns, GroupSize, Table, hasMinimum: false)
            : base.CreateMatrix();

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        if (matrix is not TableMatrix table)
        {
            base.StoreRows(matrix, firstRow, rowCount, allowNonFinite);
            return;
        }

        byte[] codes = ArrayPool<byte>.Shared.Rent(Columns);
        float[] values = ArrayPool<float>.Shared.Rent(Columns);
        try
        {
            int groups = Columns / GroupSize;
            for (int row = firstRow; row < firstRow + rowCount; row++)
            {
                if (!allowNonFinite)
                {
                    ReadRow(row, values, allowNonFinite);
                }

                ReadCodes(row, codes.AsSpan(0, Columns));
                for (int group = 0; group < groups; group++)
                {
                    values[group] = ScaleOf(row, group);
                }

                table.SetRow(row, codes.AsSpan(0, Columns), values.AsSpan(0, groups), []);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(codes);
            ArrayPool<float>.Shared.Return(values);
        }
    }
}
