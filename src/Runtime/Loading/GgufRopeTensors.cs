namespace Sparrow.Runtime.Loading;

/// <summary>The divisors of rotary frequencies that a file holds as tensors; null where it has none.</summary>
/// <param name="Frequencies"><c>rope_freqs.weight</c>, for all lengths.</param>
/// <param name="Short"><c>rope_factors_short.weight</c>.</param>
/// <param name="Long"><c>rope_factors_long.weight</c>.</param>
internal sealed record GgufRopeTensors(float[]? Frequencies = null, float[]? Short = null, float[]? Long = null);
