namespace Sparrow.Compression.Adaptation;

/// <summary>LoSA's ranks by block: in proportion to what pruning has cost each, at a given mean.</summary>
public static class RankAllocation
{
    /// <summary>Allocates ranks.</summary>
    /// <param name="errors">Reconstruction error by block.</param>
    /// <param name="meanRank">The mean to keep.</param>
    /// <param name="least">Least rank of a block.</param>
    /// <param name="most">Most rank of a block.</param>
    /// <param name="released">
    /// Whether the budget is repaired by one pass over the blocks, as in the published program, which may miss it; else until it is met.
    /// </param>
    /// <exception cref="ArgumentException">An error is negative or no number, or the mean is out of reach.</exception>
    public static int[] Allocate(IReadOnlyList<double> errors, int meanRank, int least = 1, int most = 16, bool released = false)
    {
        if (meanRank < least || meanRank > most)
        {
            throw new ArgumentException($"A mean rank of {meanRank} is not between {least} and {most}.", nameof(meanRank));
        }

        if (errors.Any(error => !(error >= 0 && error < double.PositiveInfinity)))
        {
            throw new ArgumentException("The reconstruction errors are not finite: the pruned model is broken.", nameof(errors));
        }

        // 1. In proportion; blocks that all lost nothing share evenly.
        int count = errors.Count;
        double total = errors.Sum();
        int[] ranks = new int[count];
        for (int block = 0; block < count; block++)
        {
            double share = total > 0 ? errors[block] / total * meanRank * count : meanRank;
            ranks[block] = (int)Math.Clamp(Math.Round(share, MidpointRounding.ToEven), least, most);
        }

        // 2. Rounding and clipping miss the budget: what is too much goes from the blocks of least error, what is missing to those of most.
        int[] ascending = [.. Enumerable.Range(0, count).OrderBy(block => errors[block])];
        int missing = (meanRank * count) - ranks.Sum();
        while (missing != 0)
        {
            bool moved = false;
            foreach (int block in missing < 0 ? ascending : ascending.Reverse())
            {
                if (missing < 0 && ranks[block] > least)
                {
                    (ranks[block], missing, moved) = (ranks[block] - 1, missing + 1, true);
                }
                else if (missing > 0 && ranks[block] < most)
                {
                    (ranks[block], missing, moved) = (ranks[block] + 1, missing - 1, true);
                }

                if (missing == 0)
                {
                    break;
                }
            }

            if (released || !moved)
            {
                break;
            }
        }

        return ranks;
    }
}
