namespace Sparrow.Compression.Evaluation;

/// <summary>What a sample says about what it was drawn from.</summary>
internal static class SampleStatistics
{
    /// <summary>Standard error of the mean of independent values; 0 for fewer than two.</summary>
    public static double StandardError(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
        {
            return 0;
        }

        double mean = values.Average();
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return Math.Sqrt(squares / (values.Count - 1) / values.Count);
    }

    /// <summary>Standard error of a share of yes and no, by the sample's variance as the usual harnesses have it; 0 for fewer than two.</summary>
    public static double ShareError(double share, long count) => count < 2 ? 0 : Math.Sqrt(share * (1 - share) / (count - 1));

    /// <summary>The smallest value that at least this share of the sample does not exceed.</summary>
    /// <param name="sorted">Ascending, at least one.</param>
    /// <param name="share">0 to 1.</param>
    public static double Percentile(ReadOnlySpan<double> sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    /// <param name="sorted">Ascending, at least one.</param>
    public static double Median(ReadOnlySpan<double> sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
