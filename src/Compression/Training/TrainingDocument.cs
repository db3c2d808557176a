namespace Sparrow.Compression.Training;

/// <summary>Tokens that belong together.</summary>
/// <param name="Tokens">Ids.</param>
/// <param name="Learned">Which tokens are learned as the successors of those before them; null: all.</param>
public sealed record TrainingDocument(int[] Tokens, bool[]? Learned = null);
