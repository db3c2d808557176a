namespace Sparrow.Compression.KvTuning;

/// <summary>How far x̂ is from x, in the forms in use.</summary>
/// <param name="Elementwise">Mean of |x − x̂| / max(|x|, 1e-8), as KVTuner defines it: a few elements near 0 decide it.</param>
/// <param name="L1">Σ|x − x̂| / Σ|x|.</param>
/// <param name="L2">‖x − x̂‖ / ‖x‖.</param>
public readonly record struct ErrorNorms(double Elementwise, double L1, double L2);
