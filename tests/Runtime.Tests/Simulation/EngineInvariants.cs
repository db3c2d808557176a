using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Scheduling;
using Sparrow.Testing;

namespace Sparrow.Runtime.Tests.Simulation;

/// <summary>What must hold between any two steps.</summary>
internal static class EngineInvariants
{
    /// <exception cref="InvariantException">Something does not hold.</exception>
    public static void Check(Scheduler scheduler, FakeStepModel? model)
    {
        BlockAllocator blocks = scheduler.Blocks;
        Require(blocks.HeldCount + blocks.CachedCount + blocks.FreeCount == blocks.BlockCount, "held + cached + free = all");

        int[] holders = new int[blocks.BlockCount];
        HashSet<int> slots = [];
        foreach (Sequence sequence in scheduler.Running)
        {
            Require(sequence.State == SequenceState.Running, "a running sequence says so");
            Require(slots.Add(sequence.OpenSlot), "an open slot has one owner");
            Require(sequence.BlockCount >= sequence.ComputedCount / KvLayout.BlockTokens, "computed tokens have their blocks");
            for (int i = 0; i < sequence.BlockCount; i++)
            {
                holders[sequence.BlockTable[i]]++;
                if (model is not null && i < sequence.ComputedCount / KvLayout.BlockTokens)
                {
                    ReadOnlySpan<int> tokens = sequence.Tokens.Slice(i * KvLayout.BlockTokens, KvLayout.BlockTokens);
                    Require(model.BlockTokens(sequence.BlockTable[i]).SequenceEqual(tokens), "a sealed block holds its sequence's tokens");
                }
            }
        }

        foreach (Sequence sequence in scheduler.Waiting)
        {
            Require(sequence.State == SequenceState.Waiting, "a waiting sequence says so");
            Require(sequence.BlockCount == 0 && sequence.OpenSlot == -1, "a waiting sequence holds nothing");
        }

        Require(scheduler.FreeSlotCount + slots.Count == scheduler.SlotCount, "free and owned slots are all slots");
        int held = 0;
        int indexed = 0;
        for (int block = 0; block < blocks.BlockCount; block++)
        {
            Require(blocks.ReferencesOf(block) == holders[block], "a block's references are its holders");
            held += holders[block] > 0 ? 1 : 0;
            indexed += blocks.IsIndexed(block) ? 1 : 0;
        }

        Require(held == blocks.HeldCount, "the count of held blocks is right");
        Require(indexed == scheduler.Prefixes.Count, "allocator and index agree on what is indexed");
    }

    private static void Require(bool holds, string invariant)
    {
        if (!holds)
        {
            throw new InvariantException($"Broken: {invariant}.");
        }
    }
}

internal sealed class InvariantException(string message) : Exception(message);
