using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

public sealed class BlockAllocatorTests
{
    [Fact]
    public void Release_of_a_shared_block_keeps_it_until_the_last_holder()
    {
        BlockAllocator blocks = new(2);
        int block = Take(blocks);
        blocks.AddReference(block);
        blocks.Release(block);
        Assert.Equal(1, blocks.HeldCount);
        blocks.Release(block);
        Assert.Equal(0, blocks.HeldCount);
        Assert.Equal(2, blocks.FreeCount);
    }

    [Fact]
    public void Nothing_is_handed_out_while_all_blocks_are_held()
    {
        BlockAllocator blocks = new(2);
        Assert.NotEqual(Take(blocks), Take(blocks));
        Assert.False(blocks.TryAllocate(out _, out _));
    }

    [Fact]
    public void An_indexed_block_stays_cached_until_its_place_is_needed()
    {
        BlockAllocator blocks = new(2);
        int indexed = Take(blocks);
        blocks.MarkIndexed(indexed);
        blocks.Release(indexed);
        Assert.Equal((0, 1, 1), (blocks.HeldCount, blocks.CachedCount, blocks.FreeCount));

        Assert.NotEqual(indexed, Take(blocks));
        Assert.True(blocks.TryAllocate(out int block, out bool evicted));
        Assert.Equal(indexed, block);
        Assert.True(evicted);
        Assert.False(blocks.IsIndexed(block));
    }

    [Fact]
    public void The_cached_block_that_was_used_longest_ago_is_evicted_first()
    {
        BlockAllocator blocks = new(3);
        int[] taken = [Take(blocks), Take(blocks), Take(blocks)];
        foreach (int block in taken)
        {
            blocks.MarkIndexed(block);
        }

        blocks.Release(taken[1]);
        blocks.Release(taken[0]);
        blocks.Release(taken[2]);

        // Used again: now the most recent.
        blocks.AddReference(taken[1]);
        blocks.Release(taken[1]);
        Assert.Equal([taken[0], taken[2], taken[1]], new[] { Take(blocks), Take(blocks), Take(blocks) });
    }

    [Fact]
    public void Forgetting_the_index_frees_cached_blocks_and_keeps_held_ones()
    {
        BlockAllocator blocks = new(3);
        int held = Take(blocks);
        int cached = Take(blocks);
        blocks.MarkIndexed(held);
        blocks.MarkIndexed(cached);
        blocks.Release(cached);
        blocks.ForgetIndexed();
        Assert.Equal((1, 0, 2), (blocks.HeldCount, blocks.CachedCount, blocks.FreeCount));
        blocks.Release(held);
        Assert.Equal(3, blocks.FreeCount);
    }

    private static int Take(BlockAllocator blocks)
    {
        Assert.True(blocks.TryAllocate(out int block, out _));
        return block;
    }
}
