using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>Prunes the lowest scores of each row, or of each group of a row.</summary>
internal static class RowPruner
{
    /// <summary>Fills the scores of a row.</summary>
    public delegate void RowScores(int row, Span<float> scores);

    public static PruneMask Prune(int rows, int columns, PruneTarget target, RowScores score, WorkerPool? pool, PruneMask? within = null)
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
                    // What is pruned already sorts below every score, a dead channel's 0 among them.
                    ulong key = ScoreKeys.Create(scores[column], column);
                    keys[column] = within is null ? key : within.IsKept(row, column) ? key + (1UL << 32) : (uint)column;
                }

                if (!target.IsStructured)
                {
                    PruneLowest(mask, row, keys, Math.Max(target.CountPerRow(columns), within?.PrunedInRow(row) ?? 0));
                    continue;
                }

                for (int start = 0; start < columns; start += target.GroupSize)
                {
                    int before = within is null ? 0 : CountPruned(within, row, start, target.GroupSize);
                    PruneLowest(mask, row, keys.AsSpan(start, target.GroupSize), Math.Max(target.PrunePerGroup, before));
                }
            }
        });
        return mask;
    }

    private static int CountPruned(PruneMask mask, int row, int start, int count)
    {
        int pruned = 0;
        for (int column = start; column < start + count; column++)
        {
            pruned += mask.IsKept(row, column) ? 0 : 1;
        }

        return pruned;
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
