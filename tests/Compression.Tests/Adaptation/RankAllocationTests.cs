using System.Text.Json;
using Sparrow.Compression.Adaptation;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class RankAllocationTests
{
    [Fact]
    public void One_pass_gives_the_ranks_of_the_authors_code_and_the_loop_those_where_it_met_its_budget()
    {
        int missed = 0;
        JsonElement[] cases = [.. GoldenVectors.Load("losa.json").GetProperty("ranks").EnumerateArray()];
        foreach (JsonElement item in cases)
        {
            double[] errors = item.GetProperty("loss").Doubles();
            int mean = item.Integer("mean_rank");
            int[] expected = item.GetProperty("ranks").Integers();
            Assert.Equal(expected, RankAllocation.Allocate(errors, mean, released: true));

            int[] ranks = RankAllocation.Allocate(errors, mean);
            Assert.Equal(mean * errors.Length, ranks.Sum());
            Assert.All(ranks, rank => Assert.InRange(rank, 1, 16));
            if (expected.Sum() == item.Integer("wanted_total"))
            {
                Assert.Equal(expected, ranks);
            }
            else
            {
                missed++;
            }
        }

        Assert.Equal(48, cases.Length);
        Assert.Equal(21, missed);
    }

    [Fact]
    public void A_dominant_block_leaves_the_others_the_rest_of_the_budget()
    {
        double[] errors = [.. Enumerable.Repeat(0.001, 23), 100];
        int[] ranks = RankAllocation.Allocate(errors, 8);
        Assert.Equal(8 * 24, ranks.Sum());
        Assert.Equal(16, ranks[^1]);
        Assert.True(RankAllocation.Allocate(errors, 8, released: true).Sum() < 8 * 24);
    }

    [Fact]
    public void Blocks_that_lost_nothing_share_evenly() => Assert.Equal([7, 7, 7], RankAllocation.Allocate([0, 0, 0], 7));

    [Fact]
    public void Errors_that_are_no_numbers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RankAllocation.Allocate([1, double.NaN], 8));
        Assert.Throws<ArgumentException>(() => RankAllocation.Allocate([1, 2], 17));
    }
}
