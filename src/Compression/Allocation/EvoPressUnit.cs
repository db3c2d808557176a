namespace Sparrow.Compression.Allocation;

/// <summary>Something that has a level of its own, for example a linear layer.</summary>
/// <param name="Lowest">Its lowest level.</param>
/// <param name="Highest">Its highest level.</param>
/// <param name="Group">Levels are exchanged within groups only: one group where a step is equally large everywhere, else one for each size.</param>
public readonly record struct EvoPressUnit(int Lowest, int Highest, int Group = 0);
