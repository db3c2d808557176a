namespace Sparrow.Compression.Allocation;

/// <summary>Draws samples for a stage of a search.</summary>
public static class CalibrationDraw
{
    /// <summary>Whole samples in random order, without repetition, until there are exactly so many tokens; the last is cut.</summary>
    /// <param name="lengths">Tokens of each sample.</param>
    /// <param name="tokens">Tokens to draw; all samples where there are fewer.</param>
    /// <param name="random">Decides the order.</param>
    public static List<(int Sample, int Length)> Draw(IReadOnlyList<int> lengths, int tokens, Random random)
    {
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        random.Shuffle(order);
        List<(int, int)> drawn = [];
        foreach (int sample in order)
        {
            int length = Math.Min(lengths[sample], tokens);
            if (length == 0)
            {
                break;
            }

            drawn.Add((sample, length));
            tokens -= length;
        }

        return drawn;
    }
}
