namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>How far next-token distributions are from the reference model's, over the positions of a text.</summary>
public sealed record AgreementReport
{
    /// <summary>Positions compared.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean of Σ p·(ln p − ln q) in nats, p the reference's distribution.</summary>
    public required double MeanKl { get; init; }

    /// <summary>Standard error of <see cref="MeanKl"/>, positions taken as independent.</summary>
    public required double MeanKlStandardError { get; init; }

    public required double MedianKl { get; init; }

    /// <summary>99 of 100 positions are no farther apart than this.</summary>
    public required double Percentile99Kl { get; init; }

    public required double MaximumKl { get; init; }

    /// <summary>Share of positions where both hold the same token for the most likely.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Standard error of <see cref="Top1Agreement"/>.</summary>
    public required double Top1StandardError { get; init; }
}
