using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>Prunes the lowest scores of each row, or of each group of a row.</summary>
internal static class RowPruner
{
    /// <summary>Fills the scores of a row.</summary>
    public delegate void RowScores(int row, Span<float> scores);

    public static PruneMask Prune(int rows, int columns, PruneTarget target, RowScores score, WorkerPool? pool)
    {
        target.RequireFits(columns);
        PruneMask mask = new(rows, columns);
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            float[] scores = new float[columns];
            ulong[] keys = new ulong[columns];
            for (int row = from; row < to; row++)
            {
                score(row, scores);
                for (int column = 0; column < columns; column++)
                {
                    keys[column] = ScoreKeys.Create(scores[column], column);
                }

                if (!target.IsStructured)
                {
                    PruneLowest(mask, row, keys, target.CountPerRow(columns));
                    continue;
                }

                for (int start = 0; start < columns; start += target.GroupSize)
                {
                    PruneLowest(mask, row, keys.AsSpan(start, target.GroupSize), target.PrunePerGroup);
                }
            }
        });
        return mask;
    }

    private static void PruneLowest(PruneMask mask, int row, Span<ulong> keys, int count)
    {
        ScoreKeys.Partition(keys, count);
        foreach (ulong key in keys[..count])
        {
            mask.Set(row, ScoreKeys.Index(key), kept: false);
        }
    }
}
