namespace Sparrow.Compression.Allocation;

/// <summary>A round of selection.</summary>
/// <param name="Survivors">Candidates that stay.</param>
/// <param name="Tokens">Calibration tokens they are compared on.</param>
public readonly record struct EvoPressStage(int Survivors, int Tokens);
