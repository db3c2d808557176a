using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>What quantising one layer's keys and values does to its attention, nothing propagated (KVTuner, arXiv 2502.04420, section 4).</summary>
/// <param name="Keys">By bits of the keys.</param>
/// <param name="Values">By bits of the values.</param>
/// <param name="Scores">Mean of |a − â| over a query's visible keys, by bits of the keys.</param>
/// <param name="Output">Of the heads' outputs before the output projection, by pair.</param>
public sealed record KvAttentionErrors(
    IReadOnlyDictionary<int, ErrorNorms> Keys,
    IReadOnlyDictionary<int, ErrorNorms> Values,
    IReadOnlyDictionary<int, double> Scores,
    IReadOnlyDictionary<KvPair, ErrorNorms> Output);
