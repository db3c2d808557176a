using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>How many sequences a pool of fixed bytes holds.</summary>
public sealed class CapacityTests
{
    // 1,000 tokens are 31 sealed blocks and an open one, which has a slot of its own in the arena.
    private const int SequenceTokens = 1000;
    private const long PoolBytes = 1L << 30;

    public static TheoryData<string, int, int> PresetsAndShapes
    {
        get
        {
            TheoryData<string, int, int> data = [];
            foreach (string preset in KvProfile.Presets)
            {
                data.Add(preset, 64, 4);
                data.Add(preset, 128, 8);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(PresetsAndShapes))]
    public void Sequences_held_grow_as_effective_bytes_fall(string preset, int headSize, int kvHeads)
    {
        KvShape shape = new(22, kvHeads, headSize);
        KvProfile halves = KvProfile.Preset("kv16", shape.LayerCount);
        KvProfile profile = KvProfile.Preset(preset, shape.LayerCount);
        double held = (double)Held(shape, profile) / Held(shape, halves);
        double expected = halves.EffectiveBits(headSize) / profile.EffectiveBits(headSize);
        Assert.InRange(held, expected * 0.95, expected * 1.05);
    }

    // Gives blocks to one sequence after the other until the allocator has none left.
    private static int Held(KvShape shape, KvProfile profile)
    {
        int blocks = (int)(PoolBytes / PagedKvCache.PlanBlockBytes(shape, profile));
        BlockAllocator allocator = new(blocks);
        int perSequence = SequenceTokens / KvLayout.BlockTokens;
        int held = 0;
        int taken = 0;
        while (allocator.TryAllocate(out _, out _))
        {
            held += ++taken % perSequence == 0 ? 1 : 0;
        }

        return held;
    }
}
