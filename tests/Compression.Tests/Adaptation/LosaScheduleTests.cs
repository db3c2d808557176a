using System.Text.Json;
using Sparrow.Compression.Adaptation;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class LosaScheduleTests
{
    [Fact]
    public void Targets_and_ranges_equal_the_stored_ones()
    {
        int compared = 0;
        foreach (JsonElement item in GoldenVectors.Load("losa.json").GetProperty("schedule").EnumerateArray())
        {
            double sparsity = item.Number("sparsity");
            JsonElement[] rounds = [.. item.GetProperty("rounds").EnumerateArray()];
            double[] ranges = LosaSchedule.Ranges(sparsity, rounds.Length);
            for (int i = 0; i < rounds.Length; i++)
            {
                Assert.Equal(rounds[i].Number("target"), LosaSchedule.Target(sparsity, i + 1, rounds.Length), 1e-12);
                Assert.Equal(rounds[i].Number("delta"), ranges[i]);
                compared++;
            }
        }

        Assert.Equal(40, compared);
    }

    [Theory]
    [InlineData(0.5, new[] { 0.2440, 0.3920, 0.4680, 0.4960, 0.5 })]
    [InlineData(0.7, new[] { 0.3416, 0.5488, 0.6552, 0.6944, 0.7 })]
    public void Five_rounds_are_those_of_the_paper(double sparsity, double[] targets) =>
        Assert.All(Enumerable.Range(1, 5), round => Assert.Equal(targets[round - 1], LosaSchedule.Target(sparsity, round, 5), 1e-12));

    [Fact]
    public void One_round_reaches_the_sparsity_at_once() => Assert.Equal(0.7, LosaSchedule.Target(0.7, 1, 1));

    [Fact]
    public void Mean_ranks_grow_by_one_up_to_the_last() =>
        Assert.Equal([6, 7, 8, 9, 10], Enumerable.Range(1, 5).Select(round => LosaSchedule.MeanRank(10, round, 5)));
}
