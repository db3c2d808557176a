using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Pruning;

public sealed class PruneMaskTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    public void Counts_do_not_see_bits_beyond_the_row(int columns)
    {
        PruneMask mask = new(3, columns);
        Assert.Equal(0, mask.PrunedCount);
        mask.Set(1, columns - 1, kept: false);
        Assert.Equal(1, mask.PrunedCount);
        Assert.Equal(1, mask.PrunedInRow(1));
        Assert.Equal(0, mask.PrunedInRow(2));
        Assert.False(mask.IsKept(1, columns - 1));
        mask.Set(1, columns - 1, kept: true);
        Assert.Equal(new PruneMask(3, columns), mask);
    }

    [Fact]
    public void A_kept_zero_is_not_a_pruned_weight()
    {
        PruneMask mask = new(1, 4);
        mask.Set(0, 2, kept: false);
        float[] weights = [0, 1, 2, 3];
        mask.Apply(weights);
        Assert.Equal([0, 1, 0, 3], weights);
        Assert.Equal(1, mask.PrunedCount);
    }

    [Fact]
    public void Selection_agrees_with_sorting()
    {
        Random random = new(6);
        for (int round = 0; round < 200; round++)
        {
            ulong[] keys = [.. Enumerable.Range(0, random.Next(1, 90)).Select(i => ScoreKeys.Create(random.Next(5), i))];
            ulong[] sorted = [.. keys.Order()];
            int count = random.Next(keys.Length + 1);
            random.Shuffle(keys);
            ScoreKeys.Partition(keys, count);
            Assert.Equal(sorted[..count], keys[..count].Order());
        }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void Sparsities_that_are_no_share_are_refused(double sparsity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PruneTarget.Unstructured(sparsity));
}
