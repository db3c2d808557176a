using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>A matrix [rows, columns] as codes with a scale, and a zero point or minimum, for each group of columns of a row.</summary>
public sealed class QuantizedMatrix
{
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="scheme">Bits, group size and dialect.</param>
    /// <param name="groupIndex">Column → group; null for consecutive groups.</param>
    /// <param name="mask">Kept weights, or null for all. Pruned weights decode to 0 whatever their code.</param>
    public QuantizedMatrix(int rows, int columns, QuantizationScheme scheme, int[]? groupIndex = null, PruneMask? mask = null)
    {
        GroupColumns = scheme.GroupColumns(columns);
        Rows = rows;
        Columns = columns;
        Scheme = scheme;
        GroupIndex = groupIndex;
        Mask = mask;
        Codes = new byte[rows * columns];
        Scales = new float[rows * GroupCount];
        Zeros = scheme.HasMinimum ? [] : new float[rows * GroupCount];
        Minimums = scheme.HasMinimum ? new float[rows * GroupCount] : [];
    }

    public int Rows { get; }

    public int Columns { get; }

    public QuantizationScheme Scheme { get; }

    /// <summary>Columns of a group.</summary>
    public int GroupColumns { get; }

    public int GroupCount => Columns / GroupColumns;

    /// <summary>Unsigned codes, row-major, one a byte whatever the bits.</summary>
    public byte[] Codes { get; }

    /// <summary>[rows, groups].</summary>
    public float[] Scales { get; }

    /// <summary>[rows, groups] in units of codes; empty where the dialect has minimums.</summary>
    public float[] Zeros { get; }

    /// <summary>[rows, groups], the value of code 0; empty where the dialect has zero points.</summary>
    public float[] Minimums { get; }

    /// <summary>Column → group where groups are not consecutive columns (activation order), else null.</summary>
    public int[]? GroupIndex { get; }

    /// <summary>Kept weights, or null where all are.</summary>
    public PruneMask? Mask { get; }

    /// <summary>The grid of a group of a row.</summary>
    public QuantizationGrid Grid(int row, int group)
    {
        int index = (row * GroupCount) + group;
        return QuantizationGrid.Of(Scheme, Scales[index], Scheme.HasMinimum ? Minimums[index] : Zeros[index]);
    }

    /// <summary>The weights that the codes stand for, row-major.</summary>
    public float[] Dequantize(WorkerPool? pool = null)
    {
        float[] result = new float[Rows * Columns];
        ParallelRows.Run(pool, Rows, 16, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                int current = -1;
                QuantizationGrid grid = default;
                for (int column = 0; column < Columns; column++)
                {
                    int group = GroupIndex is null ? column / GroupColumns : GroupIndex[column];
                    if (group != current)
                    {
                        (current, grid) = (group, Grid(row, group));
                    }

                    int index = (row * Columns) + column;
                    if (Mask is null || Mask.IsKept(row, column))
                    {
                        result[index] = grid.Decode(Codes[index]);
                    }
                }
            }
        });
        return result;
    }

    /// <summary>Takes over a group's grid.</summary>
    internal void SetGrid(int row, int group, QuantizationGrid grid)
    {
        int index = (row * GroupCount) + group;
        Scales[index] = grid.Scale;
        if (Scheme.HasMinimum)
        {
            Minimums[index] = grid.Minimum;
        }
        else
        {
            Zeros[index] = grid.Zero;
        }
    }
}
