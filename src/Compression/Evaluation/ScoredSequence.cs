namespace Sparrow.Compression.Evaluation;

/// <summary>A sequence whose last tokens are to be scored.</summary>
/// <param name="Tokens">All tokens.</param>
/// <param name="FirstScored">First token whose log-probability is wanted; at least 1, since nothing predicts the first token.</param>
public sealed record ScoredSequence(int[] Tokens, int FirstScored);
