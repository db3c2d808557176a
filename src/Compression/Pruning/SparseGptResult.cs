namespace Sparrow.Compression.Pruning;

/// <summary>What <see cref="SparseGptPruner"/> did.</summary>
/// <param name="Mask">The kept weights.</param>
/// <param name="SquaredError">
/// Σe² over all weights, equal to Σ (w − ŵ)H(w − ŵ)ᵀ with the damped Hessian. The authors' script prints half of it.
/// </param>
public sealed record SparseGptResult(PruneMask Mask, double SquaredError);
