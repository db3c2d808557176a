namespace Sparrow.Compression.Artifacts;

/// <summary>How one matrix was stored: enough to write config.json once all are, so a journal keeps these and not the tensors.</summary>
/// <param name="Module">Name of the layer, without <c>.weight</c>.</param>
/// <param name="Format">Which of the formats its tensors are in.</param>
/// <param name="Bits">Bits of a code; 0 where weights are plain numbers.</param>
/// <param name="GroupSize">Columns that share a scale, -1 for the whole row; 0 without codes.</param>
/// <param name="Symmetric">All zero points are half the range.</param>
/// <param name="ActivationOrder">Groups are no runs of columns.</param>
/// <param name="Rank">Of the correction; 0 for none.</param>
/// <param name="Bytes">Of all its tensors.</param>
public sealed record LinearEncoding(
    string Module, string Format, int Bits, int GroupSize, bool Symmetric, bool ActivationOrder, int Rank, long Bytes);
