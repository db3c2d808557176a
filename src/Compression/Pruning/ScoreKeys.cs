namespace Sparrow.Compression.Pruning;

/// <summary>
/// Scores as integers that sort by (score, index): bits of a non-negative float are in order, and the index below them makes every key unique, so
/// that counts are exact and of equal scores the lower index is pruned first.
/// </summary>
internal static class ScoreKeys
{
    /// <exception cref="ArgumentException">The score is NaN, infinite or negative.</exception>
    public static ulong Create(float score, int index)
    {
        // One comparison refuses NaN as well; -0 becomes 0.
        if (!(score >= 0 && score <= float.MaxValue))
        {
            throw new ArgumentException($"The pruning score {score} at position {index} is not a finite number: weights or statistics hold NaN or infinities.");
        }

        return ((ulong)BitConverter.SingleToUInt32Bits(score + 0f) << 32) | (uint)index;
    }

    public static int Index(ulong key) => (int)(uint)key;

    public static float Score(ulong key) => BitConverter.UInt32BitsToSingle((uint)(key >> 32));

    /// <summary>Reorders the keys so that the <paramref name="count"/> lowest come first, in no particular order.</summary>
    public static void Partition(Span<ulong> keys, int count)
    {
        int low = 0;
        int high = keys.Length - 1;
        while (low < high && count > low && count <= high)
        {
            // Median of three: sorted and constant inputs stay linear.
            ulong a = keys[low], b = keys[low + ((high - low) / 2)], c = keys[high];
            ulong pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
            int i = low;
            int j = high;
            while (i <= j)
            {
                while (keys[i] < pivot)
                {
                    i++;
                }

                while (keys[j] > pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (keys[i], keys[j]) = (keys[j], keys[i]);
                    i++;
                    j--;
                }
            }

            if (count <= j)
            {
                high = j;
            }
            else if (count > i)
            {
                low = i;
            }
            else
            {
                return;
            }
        }
    }
}
