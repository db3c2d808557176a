namespace Sparrow.Server.Jobs;

/// <summary>What is measured before and after, and what the result must hold to.</summary>
/// <param name="Perplexity">Whether perplexity is measured.</param>
/// <param name="MaximumPerplexityIncrease">The gate; null: none.</param>
/// <param name="File">A text; null: the built-in one.</param>
/// <param name="Window">Tokens of a window; null: the pipeline's default.</param>
/// <param name="MaximumWindows">Most windows; null: the pipeline's default.</param>
/// <param name="IsAsked">Whether the caller asked for it: what is measured by default only is left out where the model has no tokenizer.</param>
internal sealed record JobEvaluation(bool Perplexity, double? MaximumPerplexityIncrease, string? File, int? Window, int? MaximumWindows, bool IsAsked);
