using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// Keys and values of all sequences: sealed blocks of 32 tokens × all layers in the forms that the profile names, and an arena with one open block
/// for each running sequence. Pure storage: who holds which block is the allocator's business.
/// <code>
/// sealed block n:  layer 0 [keys of head 0, 1, …][values of head 0, 1, …]  layer 1 …      strides by the layer's pair
/// open slot s:     the same in the open form: halves, or floats where any layer is 32 bits wide
/// staging:         open forms, of one layer, of the blocks that the current step fills; only where sealing loses something
/// </code>
/// </summary>
/// <remarks>All of it is native memory that the system hands out untouched, so a large cache costs nothing before it is used.</remarks>
public sealed unsafe class PagedKvCache : IDisposable
{
    private readonly LayerForm[] _layers;
    private readonly NativeBuffer _sealed;
    private readonly NativeBuffer _open;
    private readonly NativeBuffer _staging;
    private readonly OpenKvCodec _openCodec;
    private readonly int _openKeyBytes;
    private readonly int _openValueBytes;
    private readonly long _openLayerBytes;
    private readonly long _openSlotBytes;

    /// <param name="shape">The model's.</param>
    /// <param name="profile">One pair a layer.</param>
    /// <param name="blockCount">Sealed blocks.</param>
    /// <param name="openSlotCount">Open blocks: the most sequences at once.</param>
    /// <param name="maxStepTokens">Most tokens that one step appends.</param>
    /// <param name="kernels">Where the kernels come from.</param>
    public PagedKvCache(KvShape shape, KvProfile profile, int blockCount, int openSlotCount, int maxStepTokens, KernelSet kernels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blockCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(openSlotCount);
        Shape = shape;
        Profile = profile;
        BlockCount = blockCount;
        OpenSlotCount = openSlotCount;
        _openCodec = KvCodecs.CreateOpen(profile.OpenBlocksAreFloat ? 32 : 16, kernels);
        (_layers, BlockBytes) = Arrange(shape, profile, kernels);

        _openKeyBytes = _openCodec.KeyBytes(shape.HeadSize);
        _openValueBytes = _openCodec.ValueBytes(shape.HeadSize);
        _openLayerBytes = (long)shape.KvHeadCount * (_openKeyBytes + _openValueBytes);
        _openSlotBytes = _openLayerBytes * shape.LayerCount;
        _sealed = new NativeBuffer(BlockBytes * blockCount);
        _open = new NativeBuffer(_openSlotBytes * openSlotCount);

        // A sequence's tokens fill at most one block more than they are blocks long.
        bool sealingLoses = Array.Exists(_layers, layer => !IsOpenForm(layer.Keys) || !IsOpenForm(layer.Values));
        StagingBlockCount = sealingLoses ? (maxStepTokens / KvLayout.BlockTokens) + openSlotCount : 0;
        _staging = new NativeBuffer(_openLayerBytes * StagingBlockCount);
    }

    public KvShape Shape { get; }

    public KvProfile Profile { get; }

    public int BlockCount { get; }

    public int OpenSlotCount { get; }

    /// <summary>Bytes of a sealed block.</summary>
    public long BlockBytes { get; }

    /// <summary>Bytes that a token takes in sealed blocks, scales and padding included.</summary>
    public long BytesPerToken => BlockBytes / KvLayout.BlockTokens;

    /// <summary>Bytes of address space over blocks, open slots and staging.</summary>
    public long TotalBytes => _sealed.Length + _open.Length + _staging.Length;

    internal int StagingBlockCount { get; }

    /// <summary>Bytes of a sealed block of such a cache, for planning its size.</summary>
    public static long PlanBlockBytes(KvShape shape, KvProfile profile) => Arrange(shape, profile, KernelSet.Reference).BlockBytes;

    /// <summary>Copies an open block's tokens; see <see cref="Models.IStepModel.CopyOpenSlot"/>.</summary>
    public void CopyOpenSlot(int source, int destination, int tokenCount)
    {
        Debug.Assert((uint)source < (uint)OpenSlotCount && (uint)destination < (uint)OpenSlotCount, "Both slots are in the arena.");
        if (tokenCount > 0 && source != destination)
        {
            // Keys lie token by token in the inner dimension, so that copying only some tokens would save little.
            Buffer.MemoryCopy(_open.Pointer + (source * _openSlotBytes), _open.Pointer + (destination * _openSlotBytes), _openSlotBytes, _openSlotBytes);
        }
    }

    public void Dispose()
    {
        _sealed.Dispose();
        _open.Dispose();
        _staging.Dispose();
    }

    /// <summary>A block in its sealed form.</summary>
    internal KvHeadBlock Sealed(int layer, int kvHead, int block)
    {
        Debug.Assert((uint)block < (uint)BlockCount, "The block is one of the cache's.");
        ref readonly LayerForm form = ref _layers[layer];
        byte* start = _sealed.Pointer + (block * BlockBytes);
        return new KvHeadBlock(
            form.Keys, start + form.KeyOffset + ((long)kvHead * form.KeyBytes),
            form.Values, start + form.ValueOffset + ((long)kvHead * form.ValueBytes));
    }

    /// <summary>A running sequence's open block.</summary>
    internal KvHeadBlock Open(int layer, int kvHead, int slot)
    {
        Debug.Assert((uint)slot < (uint)OpenSlotCount, "The slot is one of the arena's.");
        return OpenAt(_open.Pointer + (slot * _openSlotBytes) + (layer * _openLayerBytes), kvHead);
    }

    /// <summary>
    /// The open form of a block that the current step fills, for the queries that stand in it. Where sealing changes nothing this is the sealed
    /// block itself; where it does, the part concerned lies in staging.
    /// </summary>
    internal KvHeadBlock Filling(int layer, int kvHead, int block, int stagingIndex)
    {
        ref readonly LayerForm form = ref _layers[layer];
        KvHeadBlock sealedForm = Sealed(layer, kvHead, block);
        bool keysStay = IsOpenForm(form.Keys);
        bool valuesStay = IsOpenForm(form.Values);
        if (keysStay && valuesStay)
        {
            return sealedForm;
        }

        Debug.Assert((uint)stagingIndex < (uint)StagingBlockCount, "Staging has room for every block that a step fills.");
        KvHeadBlock staged = OpenAt(_staging.Pointer + (stagingIndex * _openLayerBytes), kvHead);
        return new KvHeadBlock(
            _openCodec, keysStay ? sealedForm.Keys : staged.Keys,
            _openCodec, valuesStay ? sealedForm.Values : staged.Values);
    }

    /// <summary>Writes tokens into a block in its open form.</summary>
    internal void Write(in KvHeadBlock block, float* keys, float* values, int stride, int tokenCount, int firstToken)
    {
        Debug.Assert(firstToken + tokenCount <= KvLayout.BlockTokens, "The tokens end inside the block.");
        _openCodec.WriteKeys(keys, stride, tokenCount, block.Keys, firstToken, Shape.HeadSize);
        _openCodec.WriteValues(values, stride, tokenCount, block.Values, firstToken, Shape.HeadSize);
    }

    /// <summary>Copies one head of an open block to another place in the open form.</summary>
    internal void CopyOpen(in KvHeadBlock source, in KvHeadBlock destination)
    {
        Buffer.MemoryCopy(source.Keys, destination.Keys, _openKeyBytes, _openKeyBytes);
        Buffer.MemoryCopy(source.Values, destination.Values, _openValueBytes, _openValueBytes);
    }

    /// <summary>Seals one head of a full block, where its open form is not already the sealed one.</summary>
    internal void Seal(in KvHeadBlock open, in KvHeadBlock destination)
    {
        if (open.Keys != destination.Keys)
        {
            destination.KeyCodec.SealKeys(_openCodec, open.Keys, destination.Keys, Shape.HeadSize);
        }

        if (open.Values != destination.Values)
        {
            destination.ValueCodec.SealValues(_openCodec, open.Values, destination.Values, Shape.HeadSize);
        }
    }

    private static (LayerForm[] Layers, long BlockBytes) Arrange(KvShape shape, KvProfile profile, KernelSet kernels)
    {
        if (profile.Pairs.Count != shape.LayerCount)
        {
            throw new ArgumentException($"KV profile '{profile.Name}' has {profile.Pairs.Count} pairs for a model of {shape.LayerCount} layers.", nameof(profile));
        }

        Dictionary<int, KvCodec> codecs = [];
        LayerForm[] layers = new LayerForm[shape.LayerCount];
        long offset = 0;
        for (int i = 0; i < layers.Length; i++)
        {
            KvCodec keys = Codec(profile.Pairs[i].KeyBits);
            KvCodec values = Codec(profile.Pairs[i].ValueBits);
            int keyBytes = keys.KeyBytes(shape.HeadSize);
            int valueBytes = values.ValueBytes(shape.HeadSize);
            long valueOffset = offset + ((long)keyBytes * shape.KvHeadCount);
            layers[i] = new LayerForm(keys, values, offset, valueOffset, keyBytes, valueBytes);
            offset = valueOffset + ((long)valueBytes * shape.KvHeadCount);
        }

        return (layers, offset);

        KvCodec Codec(int bits)
        {
            if (!codecs.TryGetValue(bits, out KvCodec? codec))
            {
                codecs[bits] = codec = KvCodecs.Create(bits, profile, kernels);
            }

            return codec;
        }
    }

    private bool IsOpenForm(KvCodec codec) => codec.GetType() == _openCodec.GetType();

    private KvHeadBlock OpenAt(byte* layer, int kvHead) => new(
        _openCodec, layer + ((long)kvHead * _openKeyBytes),
        _openCodec, layer + ((long)Shape.KvHeadCount * _openKeyBytes) + ((long)kvHead * _openValueBytes));

    /// <summary>Where a layer's parts stand in a sealed block.</summary>
    private readonly record struct LayerForm(KvCodec Keys, KvCodec Values, long KeyOffset, long ValueOffset, int KeyBytes, int ValueBytes);
}
