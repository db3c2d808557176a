namespace Sparrow.Compression.Evaluation;

/// <summary>Perplexity of a text.</summary>
/// <param name="Value">exp of the mean negative log-likelihood over all scored tokens.</param>
/// <param name="Tokens">Scored tokens.</param>
/// <param name="WindowNll">Mean negative log-likelihood of each window.</param>
public sealed record PerplexityResult(double Value, long Tokens, IReadOnlyList<double> WindowNll);
