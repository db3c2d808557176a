using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.KvCache;

/// <summary>What a cache must know of its model.</summary>
/// <param name="LayerCount">Layers with keys and values.</param>
/// <param name="KvHeadCount">Heads of keys and values.</param>
/// <param name="HeadSize">Values of a head.</param>
public readonly record struct KvShape(int LayerCount, int KvHeadCount, int HeadSize)
{
    public static KvShape Of(ModelConfig config) => new(config.LayerCount, config.KvHeadCount, config.HeadSize);
}
