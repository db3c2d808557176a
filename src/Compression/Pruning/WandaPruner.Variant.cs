using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

public static partial class WandaPruner
{
    private const double VariantTolerance = 0.001;

    /// <summary>
    /// The paper's variant: every row gives up its lowest scores as long as their sum stays within a share of the row's total, one share for the matrix,
    /// found by bisection. Rows then differ in their counts.
    /// </summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="squaredNorms">q by column.</param>
    /// <param name="sparsity">Wanted share of pruned weights over the matrix; met within 0.001 where the bisection gets there.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <returns>The mask and the share of the rows' totals that was found.</returns>
    public static (PruneMask Mask, double Alpha) PruneVariant(
        float[] weights, int rows, int columns, ReadOnlySpan<float> squaredNorms, double sparsity, WorkerPool? pool = null)
    {
        float[] norms = Norms(squaredNorms, columns);
        ulong[] keys = new ulong[rows * columns];
        float[] sums = new float[rows * columns];
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            float[] scores = new float[columns];
            for (int row = from; row < to; row++)
            {
                Score(weights.AsSpan(row * columns, columns), norms, scores);
                Span<ulong> rowKeys = keys.AsSpan(row * columns, columns);
                for (int column = 0; column < columns; column++)
                {
                    rowKeys[column] = ScoreKeys.Create(scores[column], column);
                }

                rowKeys.Sort();
                double sum = 0;
                for (int rank = 0; rank < columns; rank++)
                {
                    sum += ScoreKeys.Score(rowKeys[rank]);
                    sums[(row * columns) + rank] = (float)sum;
                }
            }
        });

        // The order of tests is the script's: the bracket is looked at before the share is moved, so that it ends on the same share.
        double low = 0;
        double high = 0.8;
        double alpha = 0.4;
        int[] counts = Counts(sums, rows, columns, alpha);
        double reached = Share(counts, columns);
        while (Math.Abs(reached - sparsity) > VariantTolerance && high - low >= VariantTolerance)
        {
            if (reached > sparsity)
            {
                (high, alpha) = (alpha, (alpha + low) / 2);
            }
            else
            {
                (low, alpha) = (alpha, (alpha + high) / 2);
            }

            counts = Counts(sums, rows, columns, alpha);
            reached = Share(counts, columns);
        }

        PruneMask mask = new(rows, columns);
        for (int row = 0; row < rows; row++)
        {
            foreach (ulong key in keys.AsSpan(row * columns, counts[row]))
            {
                mask.Set(row, ScoreKeys.Index(key), kept: false);
            }
        }

        return (mask, alpha);
    }

    // A row whose smallest score is above its budget gives up nothing; the script would reach before the start of the row.
    private static int[] Counts(float[] sums, int rows, int columns, double alpha)
    {
        int[] counts = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> line = sums.AsSpan(row * columns, columns);
            float budget = line[^1] * (float)alpha;
            while (counts[row] < columns && line[counts[row]] <= budget)
            {
                counts[row]++;
            }
        }

        return counts;
    }

    private static double Share(int[] counts, int columns) => counts.Sum(count => (long)count) / ((double)counts.Length * columns);
}
