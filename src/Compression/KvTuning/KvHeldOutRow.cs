namespace Sparrow.Compression.KvTuning;

/// <summary>Profiles of a budget on text that the search has not seen.</summary>
/// <param name="Budget">Most effective bits.</param>
/// <param name="TunedBits">Effective bits of the tuned profile.</param>
/// <param name="Tuned">Its perplexity.</param>
/// <param name="UniformPair">The best uniform profile of the budget, of either mode, or null where none is small enough.</param>
/// <param name="UniformBits">Its effective bits.</param>
/// <param name="Uniform">Its perplexity.</param>
/// <param name="RandomMedian">Median perplexity of random profiles of the budget, on the windows that they were tried on.</param>
/// <param name="TunedOnThose">The tuned profile's on the same windows.</param>
public sealed record KvHeldOutRow(
    double Budget, double TunedBits, double Tuned, string? UniformPair, double? UniformBits, double? Uniform, double? RandomMedian, double TunedOnThose);
