namespace Sparrow.Runtime.KvCache;

/// <summary>Where one head's keys and values of 32 tokens lie, and in which form.</summary>
internal readonly unsafe struct KvHeadBlock(KvCodec keyCodec, byte* keys, KvCodec valueCodec, byte* values)
{
    public readonly KvCodec KeyCodec = keyCodec;
    public readonly byte* Keys = keys;
    public readonly KvCodec ValueCodec = valueCodec;
    public readonly byte* Values = values;
}
