using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>How a model does beside the reference model over the same tokens.</summary>
/// <param name="Model">Its perplexity.</param>
/// <param name="Reference">The reference's.</param>
/// <param name="Difference">Between the two.</param>
/// <param name="SortedDivergences">Kullback-Leibler divergence from the reference at each scored token in nats, ascending.</param>
/// <param name="SameTop">Scored tokens at which both hold the same token for the most likely.</param>
public sealed record ModelComparison(
    PerplexityResult Model, PerplexityResult Reference, PerplexityDifference Difference, IReadOnlyList<double> SortedDivergences, long SameTop)
{
    public AgreementReport ToReport()
    {
        double[] sorted = [.. SortedDivergences];
        double sameTop = (double)SameTop / sorted.Length;
        return new AgreementReport
        {
            Tokens = sorted.Length,
            MeanKl = sorted.Average(),
            MeanKlStandardError = SampleStatistics.StandardError(sorted),
            MedianKl = SampleStatistics.Median(sorted),
            Percentile99Kl = SampleStatistics.Percentile(sorted, 0.99),
            MaximumKl = sorted[^1],
            Top1Agreement = sameTop,
            Top1StandardError = SampleStatistics.ShareError(sameTop, sorted.Length),
        };
    }
}
