namespace Sparrow.Compression.Quantization;

/// <summary>What <see cref="Gptq"/> made.</summary>
/// <param name="Matrix">The codes.</param>
/// <param name="SquaredError">
/// Σe² over all weights, equal to Σ (w − ŵ)H(w − ŵ)ᵀ with the damped Hessian. The authors' script prints half of it.
/// </param>
public sealed record GptqResult(QuantizedMatrix Matrix, double SquaredError);
