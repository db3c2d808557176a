using Sparrow.Compression.Adaptation;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class PatternAllocationTests
{
    [Fact]
    public void The_total_is_kept_and_the_redundant_half_gives_more()
    {
        double[] sparsities = [0.73, 0.67, 0.73, 0.67, 0.7];
        int[] counts = PatternAllocation.Allocate(sparsities, [5, 1, 4, 2, 3], new int[5], 8);
        Assert.Equal((int)Math.Round(sparsities.Sum() * 8), counts.Sum());
        Assert.Equal([6, 5, 6, 5, 6], counts);
    }

    [Fact]
    public void A_whole_number_of_weights_needs_no_rounding() => Assert.Equal([6, 6, 6], PatternAllocation.Allocate([0.75, 0.75, 0.75], [1, 2, 3], [0, 0, 0], 8));

    [Fact]
    public void No_block_goes_below_what_it_has() => Assert.Equal([6, 4], PatternAllocation.Allocate([0.5, 0.5], [1, 2], [6, 0], 8));
}
