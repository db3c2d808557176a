namespace Sparrow.Compression.Training;

/// <summary>A document, or a piece of one, in a batch: its tokens see each other and nobody else.</summary>
/// <param name="First">Index of its first token in the batch.</param>
/// <param name="Length">Tokens; positions count from 0.</param>
public readonly record struct TrainingSegment(int First, int Length);
