using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>
/// Wanda (arXiv 2306.11695): scores |W|·‖x‖ and prunes the lowest of each output row, or of each group for an N:M target. Weights keep their values.
/// </summary>
public static partial class WandaPruner
{
    /// <summary>Chooses weights.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="squaredNorms">q by column, see <see cref="Calibration.ColumnStatistics.SquaredNorms"/>.</param>
    /// <param name="target">How many.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <param name="within">A mask of which the result is a part: what it prunes goes before anything else. Null: none.</param>
    /// <exception cref="ArgumentException">A score is not finite, or the target does not fit.</exception>
    public static PruneMask Prune(
        float[] weights, int rows, int columns, ReadOnlySpan<float> squaredNorms, PruneTarget target, WorkerPool? pool = null, PruneMask? within = null)
    {
        float[] norms = Norms(squaredNorms, columns);
        return RowPruner.Prune(rows, columns, target, (row, scores) => Score(weights.AsSpan(row * columns, columns), norms, scores), pool, within);
    }

    /// <summary>The scores of one row.</summary>
    /// <param name="weights">The row.</param>
    /// <param name="norms">√q by column.</param>
    /// <param name="scores">Receives |w|·√q.</param>
    public static void Score(ReadOnlySpan<float> weights, ReadOnlySpan<float> norms, Span<float> scores)
    {
        for (int column = 0; column < scores.Length; column++)
        {
            scores[column] = MathF.Abs(weights[column]) * norms[column];
        }
    }

    /// <summary>√q.</summary>
    public static float[] Norms(ReadOnlySpan<float> squaredNorms, int columns)
    {
        if (squaredNorms.Length != columns)
        {
            throw new ArgumentException($"The matrix has {columns} columns, the statistics {squaredNorms.Length}.", nameof(squaredNorms));
        }

        float[] norms = new float[columns];
        for (int column = 0; column < columns; column++)
        {
            norms[column] = MathF.Sqrt(squaredNorms[column]);
        }

        return norms;
    }
}
