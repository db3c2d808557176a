using System.Diagnostics;
using Sparrow.Runtime.KvCache;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>The paged cache as a step sees it. Holds the reading rule: a query reads its own block of 32 as it was written, earlier ones as sealed.</summary>
internal sealed unsafe class PagedAttentionView : AttentionView
{
    private readonly PagedKvCache _cache;
    private readonly int[] _stagingStarts;
    private StepBatch? _batch;

    public PagedAttentionView(PagedKvCache cache)
    {
        _cache = cache;
        _stagingStarts = new int[cache.OpenSlotCount];
    }

    public override ReadOnlySpan<StepSequence> Sequences => _batch!.Sequences;

    /// <summary>Turns to the next step.</summary>
    public void Bind(StepBatch batch)
    {
        _batch = batch;
        int staged = 0;
        for (int i = 0; i < batch.SequenceCount; i++)
        {
            StepSequence sequence = batch.Sequences[i];
            _stagingStarts[i] = staged;
            staged += FilledBlocks(sequence) - FirstBlock(sequence);
            Debug.Assert(sequence.BlockTable.Length >= FilledBlocks(sequence), "Every block that the step seals has a number.");
        }
    }

    public override void Append(int layer, int sequence, int kvHead, float* keys, float* values, int stride)
    {
        StepSequence step = Sequences[sequence];
        int position = step.StartPosition;
        int end = step.StartPosition + step.TokenCount;
        while (position < end)
        {
            int block = position / KvLayout.BlockTokens;
            int offset = position % KvLayout.BlockTokens;
            int count = Math.Min(KvLayout.BlockTokens - offset, end - position);
            KvHeadBlock open = OpenForm(step, layer, sequence, kvHead, block);
            bool filled = block < FilledBlocks(step);
            if (filled && offset > 0)
            {
                // The block began in the sequence's slot, which the tokens after it will need.
                _cache.CopyOpen(_cache.Open(layer, kvHead, step.OpenSlot), open);
            }

            _cache.Write(open, keys, values, stride, count, offset);
            if (filled)
            {
                _cache.Seal(open, _cache.Sealed(layer, kvHead, step.BlockTable[block]));
            }

            keys += (long)count * stride;
            values += (long)count * stride;
            position += count;
        }
    }

    public override KvHeadBlock Read(int layer, int sequence, int kvHead, int block, int queryBlock)
    {
        StepSequence step = Sequences[sequence];
        return block == queryBlock
            ? OpenForm(step, layer, sequence, kvHead, block)
            : _cache.Sealed(layer, kvHead, step.BlockTable[block]);
    }

    private static int FirstBlock(in StepSequence step) => step.StartPosition / KvLayout.BlockTokens;

    /// <summary>Blocks of the sequence that are full after this step.</summary>
    private static int FilledBlocks(in StepSequence step) => (step.StartPosition + step.TokenCount) / KvLayout.BlockTokens;

    private KvHeadBlock OpenForm(in StepSequence step, int layer, int sequence, int kvHead, int block) =>
        block < FilledBlocks(step)
            ? _cache.Filling(layer, kvHead, step.BlockTable[block], _stagingStarts[sequence] + block - FirstBlock(step))
            : _cache.Open(layer, kvHead, step.OpenSlot);
}
