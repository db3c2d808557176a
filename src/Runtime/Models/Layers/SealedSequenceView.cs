using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// One whole sequence without pages whose earlier blocks are read as a cache of some precision would give them back, by the codecs of that cache:
/// what a pair of precisions costs a layer, without a cache. Keys and values of one layer at a time are enough.
/// </summary>
internal sealed unsafe class SealedSequenceView : AttentionView, IDisposable
{
    private readonly KvShape _shape;
    private readonly KvProfile _form;
    private readonly KernelSet _kernels;
    private readonly bool _ownBlockIsOpen;
    private readonly OpenKvCodec _openCodec;
    private readonly Dictionary<int, KvCodec> _codecs = [];
    private readonly NativeBuffer _open;
    private readonly NativeBuffer _sealed;
    private readonly StepSequence[] _sequence = new StepSequence[1];
    private readonly int _keyBytes;
    private readonly int _valueBytes;
    private KvCodec _keyCodec;
    private KvCodec _valueCodec;

    /// <param name="shape">The model's.</param>
    /// <param name="form">Mode, groups and scales; its pairs say only whether open blocks are floats.</param>
    /// <param name="ownBlockIsOpen">Whether queries read their own block as it was written, which is the reading rule of the paged cache; else they
    /// read it sealed too, and lengths must be multiples of 32.</param>
    /// <param name="maxTokens">Longest sequence.</param>
    /// <param name="kernels">Where the kernels come from.</param>
    public SealedSequenceView(KvShape shape, KvProfile form, bool ownBlockIsOpen, int maxTokens, KernelSet kernels)
    {
        _shape = shape;
        _form = form;
        _kernels = kernels;
        _ownBlockIsOpen = ownBlockIsOpen;
        _openCodec = KvCodecs.CreateOpen(form.OpenBlocksAreFloat ? 32 : 16, kernels);
        _keyCodec = _openCodec;
        _valueCodec = _openCodec;

        // Room for floats, the largest form, and for a quantised head's scales beyond them.
        OpenKvCodec largest = KvCodecs.CreateOpen(32, kernels);
        _keyBytes = largest.KeyBytes(shape.HeadSize);
        _valueBytes = largest.ValueBytes(shape.HeadSize);
        int blockCount = (maxTokens + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens;
        long bytes = (long)blockCount * shape.KvHeadCount * (_keyBytes + _valueBytes);
        _open = new NativeBuffer(bytes);
        _sealed = new NativeBuffer(bytes);
    }

    public override ReadOnlySpan<StepSequence> Sequences => _sequence;

    /// <summary>Turns to a sequence of so many tokens.</summary>
    public void Bind(int tokenCount)
    {
        Debug.Assert(_ownBlockIsOpen || tokenCount % KvLayout.BlockTokens == 0, "A block that is not full cannot be sealed.");
        _sequence[0] = new StepSequence(0, tokenCount, 0, [], 0, 0, 0);
    }

    /// <summary>The precision of the layers that run next.</summary>
    public void Use(KvPair pair)
    {
        _keyCodec = Codec(pair.KeyBits);
        _valueCodec = Codec(pair.ValueBits);
        Debug.Assert(_keyCodec.KeyBytes(_shape.HeadSize) <= _keyBytes, "A sealed head's keys take no more than floats.");
        Debug.Assert(_valueCodec.ValueBytes(_shape.HeadSize) <= _valueBytes, "A sealed head's values take no more than floats.");
    }

    public override void Append(int layer, int sequence, int kvHead, float* keys, float* values, int stride)
    {
        int length = _sequence[0].TokenCount;
        for (int position = 0; position < length; position += KvLayout.BlockTokens)
        {
            int count = Math.Min(KvLayout.BlockTokens, length - position);
            int block = position / KvLayout.BlockTokens;
            byte* openKeys = At(_open, block, kvHead);
            byte* openValues = openKeys + _keyBytes;
            _openCodec.WriteKeys(keys + ((long)position * stride), stride, count, openKeys, 0, _shape.HeadSize);
            _openCodec.WriteValues(values + ((long)position * stride), stride, count, openValues, 0, _shape.HeadSize);
            if (count == KvLayout.BlockTokens)
            {
                byte* sealedKeys = At(_sealed, block, kvHead);
                if (_keyCodec != _openCodec)
                {
                    _keyCodec.SealKeys(_openCodec, openKeys, sealedKeys, _shape.HeadSize);
                }

                if (_valueCodec != _openCodec)
                {
                    _valueCodec.SealValues(_openCodec, openValues, sealedKeys + _keyBytes, _shape.HeadSize);
                }
            }
        }
    }

    public override KvHeadBlock Read(int layer, int sequence, int kvHead, int block, int queryBlock)
    {
        bool isOpen = _ownBlockIsOpen && block == queryBlock;
        KvCodec keys = isOpen ? _openCodec : _keyCodec;
        KvCodec values = isOpen ? _openCodec : _valueCodec;
        return new KvHeadBlock(
            keys, At(keys == _openCodec ? _open : _sealed, block, kvHead),
            values, At(values == _openCodec ? _open : _sealed, block, kvHead) + _keyBytes);
    }

    public void Dispose()
    {
        _open.Dispose();
        _sealed.Dispose();
    }

    private KvCodec Codec(int bits)
    {
        if (!_codecs.TryGetValue(bits, out KvCodec? codec))
        {
            codec = KvCodecs.Create(bits, _form, _kernels);

            // Sealing into the open form changes nothing.
            codec = codec.GetType() == _openCodec.GetType() ? _openCodec : codec;
            _codecs[bits] = codec;
        }

        return codec;
    }

    private byte* At(NativeBuffer blocks, int block, int kvHead) =>
        blocks.Pointer + ((((long)block * _shape.KvHeadCount) + kvHead) * (_keyBytes + _valueBytes));
}
