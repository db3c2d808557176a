using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>
/// DSnoT (arXiv 2310.08915): takes any mask and swaps kept and pruned weights within rows until the expected output error of each row is small. Weights
/// keep their values, rows (or groups) their counts.
/// </summary>
/// <remarks>
/// It lowers the mean shift of the output, not the squared error, and on small models that alone makes things worse; hence
/// <see cref="DsnotOptions.NeverWorse"/>. A row stops where the published code runs out of candidates and goes on with wrong ones.
/// </remarks>
public static class DsnotRefiner
{
    /// <summary>Refines a mask.</summary>
    /// <param name="weights">Row-major [rows, columns], dense: pruned weights must still have their values.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="initial">The mask to start from; not changed.</param>
    /// <param name="statistics">Of the layer's inputs.</param>
    /// <param name="options">Null: <see cref="DsnotOptions.Guarded"/>.</param>
    /// <param name="pattern">The N:M pattern to keep; the default keeps the counts of rows.</param>
    /// <param name="initialByMagnitude">For N:M: whether the initial mask was chosen by magnitude instead of Wanda's score.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the never-worse rule is on and there is no Gram matrix.</exception>
    public static DsnotResult Refine(
        float[] weights, int rows, int columns, PruneMask initial, DsnotStatistics statistics, DsnotOptions? options = null,
        PruneTarget pattern = default, bool initialByMagnitude = false, WorkerPool? pool = null)
    {
        options ??= DsnotOptions.Guarded;
        pattern.RequireFits(columns);
        if (initial.Rows != rows || initial.Columns != columns)
        {
            throw new ArgumentException($"The mask is {initial.Rows} × {initial.Columns}, the weights are {rows} × {columns}.", nameof(initial));
        }

        if (options.NeverWorse && statistics.Gram is null)
        {
            throw new ArgumentException("The never-worse rule needs the Gram matrix of the layer's inputs.", nameof(statistics));
        }

        float[] norms = WandaPruner.Norms(statistics.SquaredNorms, columns);
        double[] discounts = Discounts(statistics.Variances, options.VariancePower);
        PruneMask mask = initial.Clone();
        DsnotResult result = new(mask, new int[rows], new double[rows], new double[rows], 0);
        int rejected = 0;
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            DsnotRow work = new(norms, discounts, statistics, options, pattern, initialByMagnitude);
            for (int row = from; row < to; row++)
            {
                ReadOnlySpan<float> line = weights.AsSpan(row * columns, columns);
                work.Refine(line, mask, row);
                bool keep = !options.NeverWorse || work.Swaps.Count == 0 || ErrorChange(line, initial, row, work.Swaps, statistics.Gram!) <= 0;
                if (!keep)
                {
                    mask.CopyRow(initial, row);
                    Interlocked.Increment(ref rejected);
                }

                result.Swaps[row] = keep ? work.Swaps.Count : 0;
                result.ErrorsBefore[row] = work.ErrorBefore;
                result.ErrorsAfter[row] = keep ? work.ErrorAfter : work.ErrorBefore;
            }
        });
        return result with { RejectedRows = rejected };
    }

    // A constant channel has variance 0: without a floor it would be 0/0, which sorts last and is grown first.
    private static double[] Discounts(float[] variances, double power)
    {
        double floor = Math.Max(variances.Average(v => (double)v) * 1e-8, double.Epsilon);
        return Array.ConvertAll(variances, v => power == 0 ? 1 : Math.Pow(Math.Max(v, floor), power));
    }

    // With δ the pruned part of the row and u what the swaps add to it: (δ+u)G(δ+u)ᵀ − δGδᵀ = (2δ+u)·Guᵀ, and u has few entries.
    private static double ErrorChange(
        ReadOnlySpan<float> weights, PruneMask initial, int row, List<(int Grown, int Pruned)> swaps, double[] gram)
    {
        int columns = weights.Length;
        double[] doubled = new double[columns];
        for (int column = 0; column < columns; column++)
        {
            doubled[column] = initial.IsKept(row, column) ? 0 : 2.0 * weights[column];
        }

        foreach ((int grown, int pruned) in swaps)
        {
            doubled[grown] -= weights[grown];
            doubled[pruned] += weights[pruned];
        }

        double change = 0;
        foreach ((int grown, int pruned) in swaps)
        {
            change -= weights[grown] * DenseKernels.Dot<double>(gram.AsSpan(grown * columns, columns), doubled);
            change += weights[pruned] * DenseKernels.Dot<double>(gram.AsSpan(pruned * columns, columns), doubled);
        }

        return change;
    }
}
