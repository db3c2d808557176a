using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// Whole sequences without pages: every token of each of them is in the step, so keys and values of one layer at a time are enough. Everything is
/// kept as floats and read as it was written.
/// </summary>
internal sealed unsafe class SequenceAttentionView : AttentionView, IDisposable
{
    private readonly KvShape _shape;
    private readonly FloatKvCodec _codec;
    private readonly NativeBuffer _blocks;
    private readonly StepSequence[] _sequences;
    private readonly int[] _firstBlocks;
    private readonly int _maxTokens;
    private readonly int _keyBytes;
    private readonly int _valueBytes;
    private int _count;
    private int _tokenCount;

    public SequenceAttentionView(KvShape shape, int maxTokens, int maxSequences, KernelSet kernels)
    {
        _shape = shape;
        _codec = new FloatKvCodec(kernels);
        _maxTokens = maxTokens;
        _keyBytes = _codec.KeyBytes(shape.HeadSize);
        _valueBytes = _codec.ValueBytes(shape.HeadSize);
        _sequences = new StepSequence[maxSequences];
        _firstBlocks = new int[maxSequences];

        // Each sequence begins a block of its own.
        int blockCount = ((maxTokens + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens) + maxSequences;
        _blocks = new NativeBuffer((long)blockCount * shape.KvHeadCount * (_keyBytes + _valueBytes));
    }

    public override ReadOnlySpan<StepSequence> Sequences => _sequences.AsSpan(0, _count);

    public int TokenCount => _tokenCount;

    /// <summary>Sets the lengths of the sequences that follow one another in the step.</summary>
    public void Bind(params ReadOnlySpan<int> lengths)
    {
        _count = 0;
        _tokenCount = 0;
        int block = 0;
        foreach (int length in lengths)
        {
            _firstBlocks[_count] = block;
            _sequences[_count++] = new StepSequence(_tokenCount, length, 0, [], 0, 0, 0);
            _tokenCount += length;
            block += (length + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens;
        }

        Debug.Assert(_tokenCount <= _maxTokens, "The sequences fit the view.");
    }

    public override void Append(int layer, int sequence, int kvHead, float* keys, float* values, int stride)
    {
        int length = _sequences[sequence].TokenCount;
        for (int position = 0; position < length; position += KvLayout.BlockTokens)
        {
            int count = Math.Min(KvLayout.BlockTokens, length - position);
            KvHeadBlock block = Read(layer, sequence, kvHead, position / KvLayout.BlockTokens, 0);
            _codec.WriteKeys(keys + ((long)position * stride), stride, count, block.Keys, 0, _shape.HeadSize);
            _codec.WriteValues(values + ((long)position * stride), stride, count, block.Values, 0, _shape.HeadSize);
        }
    }

    public override KvHeadBlock Read(int layer, int sequence, int kvHead, int block, int queryBlock)
    {
        long index = ((long)(_firstBlocks[sequence] + block) * _shape.KvHeadCount) + kvHead;
        byte* keys = _blocks.Pointer + (index * (_keyBytes + _valueBytes));
        return new KvHeadBlock(_codec, keys, _codec, keys + _keyBytes);
    }

    public void Dispose() => _blocks.Dispose();
}
