namespace Sparrow.Compression.Allocation;

/// <summary>All that a search needs to go on: randomness is derived from the seed and the generation.</summary>
/// <param name="Generation">Generations that are done.</param>
/// <param name="Levels">The parent, a level by unit.</param>
public sealed record EvoPressState(int Generation, int[] Levels);
