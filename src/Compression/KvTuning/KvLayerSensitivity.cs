using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>What quantising one layer alone costs.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Errors">Of its attention, nothing propagated.</param>
/// <param name="KeyDivergence">Final divergence where only its keys are quantised, by bits.</param>
/// <param name="ValueDivergence">The same for its values.</param>
public sealed record KvLayerSensitivity(
    int Layer, KvAttentionErrors Errors, IReadOnlyDictionary<int, double> KeyDivergence, IReadOnlyDictionary<int, double> ValueDivergence)
{
    /// <summary>Divergence of a pair as the sum of both sides'; 16 bits and more cost nothing.</summary>
    public double Divergence(KvPair pair) =>
        KeyDivergence.GetValueOrDefault(pair.KeyBits) + ValueDivergence.GetValueOrDefault(pair.ValueBits);

    /// <summary>The same as the size of a relative error: divergence grows with its square. What pairs are pruned and layers clustered by.</summary>
    public double Amplitude(KvPair pair) => Math.Sqrt(2 * Math.Max(0, Divergence(pair)));
}
