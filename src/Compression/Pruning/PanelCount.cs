namespace Sparrow.Compression.Pruning;

/// <summary>Selects the weights of a matrix or panel that a sparsity prunes.</summary>
internal static class PanelCount
{
    /// <summary>Brings the keys to prune to the front.</summary>
    /// <returns>Their number.</returns>
    public static int Select(Span<ulong> keys, double sparsity, CountRule rule)
    {
        if (rule == CountRule.Exact)
        {
            int exact = (int)Math.Round(keys.Length * sparsity);
            ScoreKeys.Partition(keys, exact);
            return exact;
        }

        // The scripts fail at sparsity 1, one element past the end.
        int count = Math.Min((int)(keys.Length * sparsity) + 1, keys.Length);
        ScoreKeys.Partition(keys, count);
        float threshold = 0;
        foreach (ulong key in keys[..count])
        {
            threshold = Math.Max(threshold, ScoreKeys.Score(key));
        }

        for (int index = count; index < keys.Length; index++)
        {
            if (ScoreKeys.Score(keys[index]) <= threshold)
            {
                (keys[count], keys[index]) = (keys[index], keys[count]);
                count++;
            }
        }

        return count;
    }
}
