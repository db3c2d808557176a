using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>What a search found.</summary>
/// <param name="Form">Mode, groups and scales of every profile here.</param>
/// <param name="Sensitivities">One a layer.</param>
/// <param name="Groups">Layers that shared a pair in the first half of the search, with the pairs that were left to them.</param>
/// <param name="Tried">All profiles that were measured, uniform ones included.</param>
/// <param name="Uniform">The uniform ones.</param>
public sealed record KvTuningResult(
    KvProfile Form,
    IReadOnlyList<KvLayerSensitivity> Sensitivities,
    IReadOnlyList<(IReadOnlyList<int> Layers, IReadOnlyList<KvPair> Pairs)> Groups,
    IReadOnlyList<KvCandidate> Tried,
    IReadOnlyList<KvCandidate> Uniform)
{
    /// <summary>Profiles that no other beats at both cost and divergence, ascending in cost.</summary>
    public IReadOnlyList<KvCandidate> Front { get; } =
    [
        .. ParetoPruning.Keep([.. Tried.Where(candidate => candidate.IsComplete)], candidate => candidate.Cost, candidate => candidate.Divergence)
            .OrderBy(candidate => candidate.Cost),
    ];

    /// <summary>The front's profile for a bound: of least divergence where bits are bounded, else of least bits.</summary>
    /// <param name="maxBits">Most effective bits, or null.</param>
    /// <param name="maxDivergence">Most divergence, or null.</param>
    /// <returns>Null where none keeps the bounds.</returns>
    public KvCandidate? Choose(double? maxBits, double? maxDivergence)
    {
        // A profile that meets a bound of bits exactly must not fail by rounding.
        IEnumerable<KvCandidate> allowed = Front.Where(candidate =>
            candidate.Bits <= (maxBits ?? double.PositiveInfinity) + 1e-9 && candidate.Divergence <= (maxDivergence ?? double.PositiveInfinity));
        return maxBits is null ? allowed.MinBy(candidate => candidate.Bits) : allowed.MinBy(candidate => candidate.Divergence);
    }

    /// <summary>A candidate as a profile that can be written and served.</summary>
    public KvProfile ToProfile(KvCandidate candidate, string name, string source, int headSize)
    {
        KvProfile profile = Form with { Name = name, Pairs = candidate.Pairs, Source = source };
        return profile with
        {
            Cost = new Dictionary<string, double> { ["effective_bits"] = profile.EffectiveBits(headSize), ["divergence"] = candidate.Divergence },
        };
    }
}
