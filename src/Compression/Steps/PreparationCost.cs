namespace Sparrow.Compression.Steps;

/// <summary>What a step takes before the first block.</summary>
/// <param name="ForwardTokens">Tokens through the whole model and back, counted as passes forward; a pass back weighs two.</param>
/// <param name="MemoryBytes">At its largest moment, beside the mapped source.</param>
public readonly record struct PreparationCost(double ForwardTokens, long MemoryBytes);
