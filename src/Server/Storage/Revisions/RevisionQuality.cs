namespace Sparrow.Server.Storage.Revisions;

/// <summary>What was measured of a revision (M-4): null where nobody measured, never guessed.</summary>
/// <param name="Perplexity">Of this revision.</param>
/// <param name="Baseline">Of what it was made from.</param>
/// <param name="Dataset">What both were measured on.</param>
/// <param name="MaxPerplexityIncrease">The gate: the share by which the perplexity may have grown; null where there was none.</param>
internal sealed record RevisionQuality(double? Perplexity, double? Baseline, string? Dataset, double? MaxPerplexityIncrease = null)
{
    /// <summary>Whether the gate is met. Written so that a perplexity that is no number does not meet it.</summary>
    public bool MeetsGate => MaxPerplexityIncrease is not { } limit || (Perplexity is { } found && Baseline is { } before && found <= before * (1 + limit));
}
