using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>Prunes the weights of smallest magnitude. Needs no calibration.</summary>
public static class MagnitudePruner
{
    /// <summary>Chooses weights over the whole matrix, or in each group for an N:M target.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="target">How many.</param>
    /// <param name="rule">Whether the count is exact or the published script's.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">A weight is not finite, or the target does not fit.</exception>
    public static PruneMask PrunePerTensor(
        float[] weights, int rows, int columns, PruneTarget target, CountRule rule = CountRule.Exact, WorkerPool? pool = null)
    {
        if (target.IsStructured)
        {
            return PrunePerRow(weights, rows, columns, target, pool);
        }

        ulong[] keys = new ulong[rows * columns];
        for (int index = 0; index < keys.Length; index++)
        {
            keys[index] = ScoreKeys.Create(MathF.Abs(weights[index]), index);
        }

        int count = PanelCount.Select(keys, target.Sparsity, rule);
        PruneMask mask = new(rows, columns);
        foreach (ulong key in keys.AsSpan(0, count))
        {
            (int row, int column) = Math.DivRem(ScoreKeys.Index(key), columns);
            mask.Set(row, column, kept: false);
        }

        return mask;
    }

    /// <summary>Chooses weights in each row, or in each group for an N:M target.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="target">How many.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">A weight is not finite, or the target does not fit.</exception>
    public static PruneMask PrunePerRow(float[] weights, int rows, int columns, PruneTarget target, WorkerPool? pool = null) =>
        RowPruner.Prune(
            rows,
            columns,
            target,
            (row, scores) =>
            {
                ReadOnlySpan<float> values = weights.AsSpan(row * columns, columns);
                for (int column = 0; column < scores.Length; column++)
                {
                    scores[column] = MathF.Abs(values[column]);
                }
            },
            pool);
}
