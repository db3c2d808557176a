using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>A profile that was tried.</summary>
/// <param name="Pairs">One pair a layer.</param>
/// <param name="Bits">Effective bits, scales included.</param>
/// <param name="Losses">By tuning window; fewer than all where a cheaper profile was far better on the first ones.</param>
public sealed record KvCandidate(IReadOnlyList<KvPair> Pairs, double Bits, IReadOnlyList<KvLoss> Losses)
{
    /// <summary>Mean divergence over the windows tried.</summary>
    public double Divergence { get; } = KvLoss.Mean([.. Losses]).Divergence;

    /// <summary>What the search weighs against divergence: effective bits, unless time enters.</summary>
    public required double Cost { get; init; }

    /// <summary>Whether all windows were tried.</summary>
    public required bool IsComplete { get; init; }
}
