namespace Sparrow.Compression.Pipeline;

/// <summary>How far a compression is.</summary>
/// <param name="Stage"><c>prepare</c>, <c>blocks</c>, <c>tables</c>, <c>finish</c> or <c>evaluate</c>.</param>
/// <param name="Step">The step that runs: <c>prune wanda</c>, <c>calibrate</c>, <c>store</c>.</param>
/// <param name="Block">Index of the block; null outside the blocks.</param>
/// <param name="BlockCount">Blocks of the model.</param>
/// <param name="Fraction">Share of the whole that is done, 0 to 1.</param>
/// <param name="Remaining">An estimate; null while there is nothing to go by.</param>
public sealed record CompressionProgress(string Stage, string Step, int? Block, int BlockCount, double Fraction, TimeSpan? Remaining);
