using System.Diagnostics;
using Sparrow.Runtime.KvCache;

namespace Sparrow.Runtime.Scheduling;

/// <summary>Blocks: admission, growth, sharing, preemption.</summary>
internal sealed partial class Scheduler
{
    /// <summary>Gives a waiting sequence a slot and all blocks that its known tokens will fill, so that prefill itself never runs out.</summary>
    private bool TryAdmit(Sequence sequence)
    {
        if (_freeSlotCount == 0)
        {
            return false;
        }

        int hits = TakeHits(sequence);
        int wanted = (sequence.TokenCount / KvLayout.BlockTokens) - hits;

        // A block is left for each running sequence that still grows, or the newcomer would be paid for with somebody's preemption. Alone, a
        // sequence finds all blocks available: CanEverFit has promised that it fits.
        if (wanted + GrowingCount() > Blocks.AvailableCount)
        {
            ReleaseBlocks(sequence);
            return false;
        }

        for (int i = 0; i < wanted; i++)
        {
            bool taken = TryTakeBlock(sequence);
            Debug.Assert(taken, "The blocks were counted.");
        }

        sequence.ComputedCount = hits * KvLayout.BlockTokens;
        sequence.OpenSlot = _freeSlots[--_freeSlotCount];
        if (_options.PrefixCaching)
        {
            CountHits(sequence, sequence.TokenCount, sequence.ComputedCount);
        }

        _waiting.Remove(sequence);
        Insert(_running, sequence, SequenceState.Running);
        return true;
    }

    private int GrowingCount()
    {
        int count = 0;
        foreach (Sequence sequence in _running)
        {
            count += sequence.BlockCount < sequence.FinalBlockCount ? 1 : 0;
        }

        return count;
    }

    /// <summary>Takes up the sealed blocks that the prefix index has for this sequence. At least the last token is left to compute: its logits are
    /// what the step is for; and where prompt scores are wanted, every position whose score is still missing.</summary>
    private int TakeHits(Sequence sequence)
    {
        Debug.Assert(sequence.BlockCount == 0, "A waiting sequence holds no blocks.");
        int limit = HitLimit(sequence);
        int parent = ParentOf(sequence, 0);
        while (sequence.BlockCount < limit && (parent = FindBlock(sequence, sequence.BlockCount, parent)) >= 0)
        {
            Blocks.AddReference(parent);
            sequence.BlockTable[sequence.BlockCount++] = parent;
        }

        return sequence.BlockCount;
    }

    private int HitLimit(Sequence sequence)
    {
        if (!_options.PrefixCaching)
        {
            return 0;
        }

        int tokens = sequence.TokenCount - 1;
        return (sequence.Request.IsScoring ? Math.Min(tokens, sequence.Request.NextScoreRow) : tokens) / KvLayout.BlockTokens;
    }

    /// <summary>Somebody else may have sealed the same next blocks since this sequence was admitted: takes them instead of computing them.</summary>
    private void TakeLateHits(Sequence sequence)
    {
        int limit = HitLimit(sequence);
        while (sequence.ComputedCount % KvLayout.BlockTokens == 0 && sequence.ComputedCount / KvLayout.BlockTokens < limit)
        {
            int index = sequence.ComputedCount / KvLayout.BlockTokens;
            int parent = ParentOf(sequence, index);
            int found = IsFindable(parent) ? FindBlock(sequence, index, parent) : -1;
            if (found < 0)
            {
                return;
            }

            Blocks.AddReference(found);
            Blocks.Release(sequence.BlockTable[index]);
            sequence.BlockTable[index] = found;
            sequence.ComputedCount += KvLayout.BlockTokens;
            CountHits(sequence, 0, KvLayout.BlockTokens);
        }
    }

    /// <summary>Puts a sealed block into the index. Where another sequence has sealed the same tokens first, its block is taken instead: what is
    /// computed twice is kept once, and the index's parents stay held by whoever holds their children.</summary>
    private void Share(Sequence sequence, int index)
    {
        int parent = ParentOf(sequence, index);
        if (!IsFindable(parent))
        {
            return;
        }

        int block = sequence.BlockTable[index];
        int found = FindBlock(sequence, index, parent);
        if (found < 0)
        {
            Prefixes.Add(block, parent, sequence.Request.Generation.Request.CacheSalt, TokensOfBlock(sequence, index));
            Blocks.MarkIndexed(block);
        }
        else if (found != block)
        {
            Blocks.AddReference(found);
            Blocks.Release(block);
            sequence.BlockTable[index] = found;
        }
    }

    private static int ParentOf(Sequence sequence, int index) => index == 0 ? PrefixIndex.RootOf(sequence.Request.Adapter) : sequence.BlockTable[index - 1];

    // After a reset of the index, a running sequence's earlier blocks are not in it, and later ones must not hang on them.
    private bool IsFindable(int parent) => PrefixIndex.IsRoot(parent) || Blocks.IsIndexed(parent);

    private int FindBlock(Sequence sequence, int index, int parent) =>
        Prefixes.Find(parent, sequence.Request.Generation.Request.CacheSalt, TokensOfBlock(sequence, index));

    private static ReadOnlySpan<int> TokensOfBlock(Sequence sequence, int index) =>
        sequence.Tokens.Slice(index * KvLayout.BlockTokens, KvLayout.BlockTokens);

    private void CountHits(Sequence sequence, int queried, int found)
    {
        Counts.PrefixQueries += queried;
        Counts.PrefixHits += found;

        // The caller's count is of its prompt, once: not of what a preempted or a further choice finds again.
        if (sequence.Preemptions == 0 && !sequence.Request.IsForked)
        {
            sequence.Request.Generation.Statistics.CachedPromptTokens += found;
        }
    }

    /// <summary>Sees to it that the sequence's next token has a block to be sealed into, preempting others where none is left.</summary>
    /// <returns>False where the sequence itself had to go.</returns>
    private bool TryGrow(Sequence sequence)
    {
        while (sequence.BlockCount < (sequence.ComputedCount + 1) / KvLayout.BlockTokens)
        {
            if (TryTakeBlock(sequence))
            {
                continue;
            }

            Sequence victim = ChooseVictim();
            Preempt(victim);
            if (victim == sequence)
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTakeBlock(Sequence sequence)
    {
        if (!Blocks.TryAllocate(out int block, out bool evicted))
        {
            return false;
        }

        if (evicted)
        {
            Prefixes.Remove(block);
        }

        sequence.BlockTable[sequence.BlockCount++] = block;
        return true;
    }

    /// <summary>The newest of the lowest priority that is not protected; where all are protected, the newest of the lowest priority. Since
    /// protection only grows, in the end the first in order always keeps its blocks, and so the engine always gets on.</summary>
    private Sequence ChooseVictim()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].Preemptions < _options.MaxPreemptions)
            {
                return _running[i];
            }
        }

        return _running[^1];
    }

    private void Preempt(Sequence sequence)
    {
        _running.Remove(sequence);
        GiveBack(sequence);
        sequence.ComputedCount = 0;
        sequence.Preemptions++;
        sequence.Request.Generation.Statistics.Preemptions++;
        Counts.Preemptions++;
        Insert(_waiting, sequence, SequenceState.Waiting);
    }

    private void GiveBack(Sequence sequence)
    {
        ReleaseBlocks(sequence);
        _freeSlots[_freeSlotCount++] = sequence.OpenSlot;
        sequence.OpenSlot = -1;
    }

    // Last block first: the beginning of a prefix is worth more than its end, and the index relies on parents being used last.
    private void ReleaseBlocks(Sequence sequence)
    {
        for (int i = sequence.BlockCount - 1; i >= 0; i--)
        {
            Blocks.Release(sequence.BlockTable[i]);
        }

        sequence.BlockCount = 0;
    }
}
