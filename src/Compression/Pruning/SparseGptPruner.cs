using Sparrow.Compression.Calibration;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>
/// SparseGPT (arXiv 2301.00774): walks the columns from left to right, prunes by w²/U_cc², and lets the columns to the right make up for each error.
/// </summary>
public static class SparseGptPruner
{
    private const int RowTile = 32;

    /// <summary>Prunes in place.</summary>
    /// <param name="weights">Row-major [rows, columns]; receives the pruned and updated weights.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="factor">The layer's factored Hessian.</param>
    /// <param name="target">How many.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">A weight is not finite, the target does not fit, or the panel is no multiple of the group.</exception>
    public static SparseGptResult Prune(
        float[] weights, int rows, int columns, HessianFactor factor, PruneTarget target, SparseGptOptions? options = null, WorkerPool? pool = null)
    {
        options ??= new SparseGptOptions();
        bool structured = target.IsStructured && options.Mask is null;
        Check(columns, factor, target, options, structured);
        PruneMask mask = options.Mask?.Clone() ?? new PruneMask(rows, columns);
        int width = Math.Min(options.PanelColumns, columns);
        int tiles = (rows + RowTile - 1) / RowTile;
        float[] errors = new float[rows * width];
        double[] squares = new double[rows];
        ulong[] keys = structured || options.Mask is not null ? [] : new ulong[rows * width];

        ClearDead(weights, rows, columns, factor.Dead);
        for (int start = 0; start < columns; start += width)
        {
            // 1. An unstructured mask is chosen over all rows of the panel, from the weights as they have become by now.
            int first = start;
            int present = Math.Min(width, columns - start);
            if (keys.Length > 0)
            {
                ChoosePanel(weights, rows, columns, factor, first, present, keys, target.Sparsity, options.Rule, mask, pool);
            }

            // 2. Rows do not depend on each other: sweep the panel, then carry its errors to the columns on the right.
            ParallelRows.Run(pool, tiles, 1, (from, to) =>
            {
                for (int tile = from; tile < to; tile++)
                {
                    int row = tile * RowTile;
                    int tileRows = Math.Min(RowTile, rows - row);
                    for (int i = row; i < row + tileRows; i++)
                    {
                        squares[i] += SweepRow(
                            weights.AsSpan((i * columns) + first, present), errors.AsSpan(i * width, present), factor, first, i, mask,
                            structured ? target : default, options.Grids);
                    }

                    int next = first + present;
                    if (next < columns)
                    {
                        DenseKernels.Accumulate<float>(
                            errors.AsSpan(row * width), width, 1, factor.Upper.AsSpan((first * columns) + next), columns,
                            weights.AsSpan((row * columns) + next), columns, tileRows, columns - next, present, subtract: true);
                    }
                }
            });
        }

        return new SparseGptResult(mask, squares.Sum());
    }

    private static void Check(int columns, HessianFactor factor, PruneTarget target, SparseGptOptions options, bool structured)
    {
        if (factor.Columns != columns)
        {
            throw new ArgumentException($"The matrix has {columns} columns, the Hessian {factor.Columns}.", nameof(factor));
        }

        if (structured)
        {
            target.RequireFits(columns);
            if (options.PanelColumns % target.GroupSize != 0)
            {
                throw new ArgumentException($"Panels of {options.PanelColumns} columns do not divide into groups of {target.GroupSize}.");
            }
        }
    }

    private static void ClearDead(float[] weights, int rows, int columns, bool[] dead)
    {
        for (int column = 0; column < columns; column++)
        {
            for (int row = 0; dead[column] && row < rows; row++)
            {
                weights[(row * columns) + column] = 0;
            }
        }
    }

    private static void ChoosePanel(
        float[] weights, int rows, int columns, HessianFactor factor, int start, int width, ulong[] keys, double sparsity, CountRule rule,
        PruneMask mask, WorkerPool? pool)
    {
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                for (int i = 0; i < width; i++)
                {
                    float score = Score(weights[(row * columns) + start + i], factor.Upper[(start + i) * (columns + 1)]);
                    keys[(row * width) + i] = ScoreKeys.Create(score, (row * width) + i);
                }
            }
        });
        int count = PanelCount.Select(keys.AsSpan(0, rows * width), sparsity, rule);
        foreach (ulong key in keys.AsSpan(0, count))
        {
            (int row, int column) = Math.DivRem(ScoreKeys.Index(key), width);
            mask.Set(row, start + column, kept: false);
        }
    }

    private static double SweepRow(
        Span<float> weights, Span<float> errors, HessianFactor factor, int start, int row, PruneMask mask, PruneTarget groups,
        IReadOnlyList<RowGrid>? grids)
    {
        Span<ulong> keys = stackalloc ulong[64];
        double squares = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            ReadOnlySpan<float> upper = factor.Upper.AsSpan((start + i) * factor.Columns);
            if (groups.IsStructured && i % groups.GroupSize == 0)
            {
                ChooseGroup(weights.Slice(i, groups.GroupSize), factor, start + i, row, mask, groups.PrunePerGroup, keys[..groups.GroupSize]);
            }

            float old = weights[i];
            float kept = !mask.IsKept(row, start + i) ? 0 : grids is null ? old : grids[row].Quantize(old);
            float error = (old - kept) / upper[start + i];
            weights[i] = kept;
            errors[i] = error;
            if (error != 0)
            {
                squares += (double)error * error;
                DenseKernels.AddScaled(upper[(start + i + 1)..(start + weights.Length)], -error, weights[(i + 1)..]);
            }
        }

        return squares;
    }

    private static void ChooseGroup(
        ReadOnlySpan<float> weights, HessianFactor factor, int start, int row, PruneMask mask, int count, Span<ulong> keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = ScoreKeys.Create(Score(weights[i], factor.Upper[(start + i) * (factor.Columns + 1)]), i);
        }

        ScoreKeys.Partition(keys, count);
        foreach (ulong key in keys[..count])
        {
            mask.Set(row, start + ScoreKeys.Index(key), kept: false);
        }
    }

    private static float Score(float weight, float diagonal) => weight * weight / (diagonal * diagonal);
}
