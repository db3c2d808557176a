namespace Sparrow.Compression.Evaluation;

/// <summary>A question with its possible continuations.</summary>
/// <param name="Context">What stands before the continuation.</param>
/// <param name="Continuations">The candidates, each with its leading space.</param>
/// <param name="Label">Index of the right one.</param>
public sealed record ZeroShotItem(string Context, IReadOnlyList<string> Continuations, int Label);
