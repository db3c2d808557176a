using System.Text.Json;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Pruning;

public sealed class MagnitudePrunerTests
{
    [Fact]
    public void Masks_equal_those_of_the_authors_code()
    {
        int compared = 0;
        foreach (JsonElement item in GoldenVectors.Load("wanda.json").GetProperty("cases").EnumerateArray())
        {
            int[] shape = item.GetProperty("W").Shape();
            float[] weights = item.GetProperty("W").Floats();
            foreach (JsonProperty stored in item.GetProperty("masks").EnumerateObject().Where(mask => mask.Name.StartsWith("magnitude", StringComparison.Ordinal)))
            {
                PruneTarget target = stored.Name == "magnitude_2:4" ? PruneTarget.Structured(2, 4) : PruneTarget.Unstructured(0.5);
                PruneMask mask = MagnitudePruner.PrunePerTensor(weights, shape[0], shape[1], target, CountRule.Released);
                Assert.Equal(stored.Value.Integer("pruned"), mask.PrunedCount);
                Assert.True(Masks.Stored(stored.Value.GetProperty("keep")).Equals(mask), stored.Name);
                compared++;
            }
        }

        Assert.Equal(3, compared);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void The_count_over_the_matrix_is_exact_with_ties(double sparsity)
    {
        float[] weights = [.. Enumerable.Range(0, 40 * 30).Select(i => (i % 7) - 3f)];
        PruneMask mask = MagnitudePruner.PrunePerTensor(weights, 40, 30, PruneTarget.Unstructured(sparsity));
        Assert.Equal((long)Math.Round(sparsity * 1200), mask.PrunedCount);
    }

    [Fact]
    public void Pruned_weights_are_the_smallest_and_kept_ones_stay_as_they_are()
    {
        float[] weights = TestLayer.Draw(new Random(5), 16 * 70);
        PruneMask mask = MagnitudePruner.PrunePerTensor(weights, 16, 70, PruneTarget.Unstructured(0.4));
        float[] pruned = [.. weights];
        mask.Apply(pruned);
        float largestPruned = weights.Where((_, i) => !mask.IsKept(i / 70, i % 70)).Max(MathF.Abs);
        Assert.All(Enumerable.Range(0, weights.Length), i =>
        {
            Assert.Equal(mask.IsKept(i / 70, i % 70) ? weights[i] : 0, pruned[i]);
            Assert.Equal(MathF.Abs(weights[i]) > largestPruned, mask.IsKept(i / 70, i % 70));
        });
    }
}
