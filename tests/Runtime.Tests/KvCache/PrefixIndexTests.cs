using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

public sealed class PrefixIndexTests
{
    [Fact]
    public void A_block_is_found_by_parent_and_tokens()
    {
        PrefixIndex index = new(8);
        index.Add(3, PrefixIndex.Root, "", Tokens(1));
        index.Add(5, 3, "", Tokens(2));
        Assert.Equal(3, index.Find(PrefixIndex.Root, "", Tokens(1)));
        Assert.Equal(5, index.Find(3, "", Tokens(2)));
        Assert.Equal(-1, index.Find(PrefixIndex.Root, "", Tokens(2)));
        Assert.Equal(-1, index.Find(3, "", Tokens(1)));
    }

    [Fact]
    public void Equal_tokens_of_another_adapter_are_another_prefix()
    {
        PrefixIndex index = new(8);
        int[] roots = [PrefixIndex.RootOf(-1), PrefixIndex.RootOf(0), PrefixIndex.RootOf(1)];
        Assert.Equal(PrefixIndex.Root, roots[0]);
        for (int i = 0; i < roots.Length; i++)
        {
            Assert.Equal(-1, index.Find(roots[i], "", Tokens(1)));
            index.Add(i, roots[i], "", Tokens(1));
            Assert.Equal(-1, index.Find(roots[i], "salt", Tokens(1)));
        }

        Assert.Equal([0, 1, 2], roots.Select(root => index.Find(root, "", Tokens(1))));
        index.Remove(1);
        Assert.Equal([0, -1, 2], roots.Select(root => index.Find(root, "", Tokens(1))));
    }

    [Fact]
    public void Another_salt_finds_nothing()
    {
        PrefixIndex index = new(8);
        index.Add(3, PrefixIndex.Root, "one", Tokens(1));
        Assert.Equal(-1, index.Find(PrefixIndex.Root, "two", Tokens(1)));
        Assert.Equal(3, index.Find(PrefixIndex.Root, "one", Tokens(1)));
    }

    [Fact]
    public void Colliding_hashes_are_told_apart_by_their_tokens()
    {
        PrefixIndex index = new(8, (_, _) => 7);
        index.Add(0, PrefixIndex.Root, "", Tokens(1));
        index.Add(1, PrefixIndex.Root, "", Tokens(2));
        index.Add(2, 0, "", Tokens(2));
        Assert.Equal(0, index.Find(PrefixIndex.Root, "", Tokens(1)));
        Assert.Equal(1, index.Find(PrefixIndex.Root, "", Tokens(2)));
        Assert.Equal(2, index.Find(0, "", Tokens(2)));
        Assert.Equal(-1, index.Find(1, "", Tokens(2)));
        Assert.Equal(-1, index.Find(PrefixIndex.Root, "salt", Tokens(1)));

        // Out of the middle of one chain of the table.
        index.Remove(1);
        Assert.Equal(-1, index.Find(PrefixIndex.Root, "", Tokens(2)));
        Assert.Equal(0, index.Find(PrefixIndex.Root, "", Tokens(1)));
        Assert.Equal(2, index.Find(0, "", Tokens(2)));
    }

    [Fact]
    public void A_removed_block_can_come_back_with_other_tokens()
    {
        PrefixIndex index = new(2);
        index.Add(1, PrefixIndex.Root, "", Tokens(1));
        index.Remove(1);
        index.Add(1, PrefixIndex.Root, "", Tokens(9));
        Assert.Equal(-1, index.Find(PrefixIndex.Root, "", Tokens(1)));
        Assert.Equal(1, index.Find(PrefixIndex.Root, "", Tokens(9)));
        Assert.Equal(1, index.Count);
        index.Clear();
        Assert.Equal(-1, index.Find(PrefixIndex.Root, "", Tokens(9)));
        Assert.Equal(0, index.Count);
    }

    private static int[] Tokens(int first) => [.. Enumerable.Range(first, KvLayout.BlockTokens)];
}
