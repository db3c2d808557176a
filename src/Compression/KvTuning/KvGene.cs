using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>Layers that take the same pair, and the pairs to choose from.</summary>
internal sealed record KvGene(IReadOnlyList<int> Layers, IReadOnlyList<KvPair> Choices);
