namespace Sparrow.Compression.Adaptation;

/// <summary>From a sparsity by block to N pruned weights of every group by block, at the same total.</summary>
public static class PatternAllocation
{
    /// <summary>Rounds down, and gives what is missing from the total to the blocks that lost most by it.</summary>
    /// <param name="sparsities">Wanted by block.</param>
    /// <param name="redundancy">Of equal losses the more redundant block gets more.</param>
    /// <param name="achieved">Weights of a group that each block has pruned already: it cannot go below.</param>
    /// <param name="groupSize">Weights of a group.</param>
    /// <returns>Pruned weights of a group by block.</returns>
    public static int[] Allocate(IReadOnlyList<double> sparsities, IReadOnlyList<double> redundancy, IReadOnlyList<int> achieved, int groupSize)
    {
        // A sum of doubles that should be whole may lie a hair below.
        int[] counts = [.. sparsities.Select((sparsity, block) => Math.Max(achieved[block], (int)((sparsity * groupSize) + 1e-9)))];
        int missing = (int)Math.Round(sparsities.Sum() * groupSize) - counts.Sum();
        while (missing > 0)
        {
            int[] open = [.. Enumerable.Range(0, counts.Length).Where(block => counts[block] < groupSize)];
            if (open.Length == 0)
            {
                break;
            }

            int chosen = open
                .OrderByDescending(block => Math.Round((sparsities[block] * groupSize) - counts[block], 9))
                .ThenByDescending(block => redundancy[block])
                .ThenByDescending(block => block)
                .First();
            counts[chosen]++;
            missing--;
        }

        return counts;
    }
}
