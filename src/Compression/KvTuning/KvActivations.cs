namespace Sparrow.Compression.KvTuning;

/// <summary>What a layer's attention worked with over a window.</summary>
/// <param name="Queries"><c>[tokens, heads · head size]</c>, rotated.</param>
/// <param name="Keys"><c>[tokens, KV heads · head size]</c>, rotated.</param>
/// <param name="Values">Laid out as the keys.</param>
/// <param name="TokenCount">Tokens.</param>
internal sealed record KvActivations(float[] Queries, float[] Keys, float[] Values, int TokenCount);
