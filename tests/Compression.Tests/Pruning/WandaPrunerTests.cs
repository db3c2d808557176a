using System.Globalization;
using System.Text.Json;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Pruning;

public sealed class WandaPrunerTests
{
    [Fact]
    public void Masks_equal_those_of_the_authors_code()
    {
        int compared = 0;
        foreach (JsonElement item in GoldenVectors.Load("wanda.json").GetProperty("cases").EnumerateArray())
        {
            TestLayer layer = TestLayer.Stored(item);
            foreach (JsonProperty stored in item.GetProperty("masks").EnumerateObject().Where(mask => mask.Name.StartsWith("wanda", StringComparison.Ordinal)))
            {
                PruneMask expected = Masks.Stored(stored.Value.GetProperty("keep"));
                string method = stored.Name["wanda_".Length..];
                PruneMask mask;
                if (method.StartsWith("variant", StringComparison.Ordinal))
                {
                    (mask, double alpha) = WandaPruner.PruneVariant(layer.Weights, layer.Rows, layer.Columns, layer.SquaredNorms, 0.5);
                    Assert.Equal(stored.Value.Number("alpha"), alpha, 1e-12);
                }
                else
                {
                    PruneTarget target = method switch
                    {
                        "2:4" => PruneTarget.Structured(2, 4),
                        "4:8" => PruneTarget.Structured(4, 8),
                        "prune1of4" => PruneTarget.Structured(1, 4),
                        _ => PruneTarget.Unstructured(double.Parse(method, CultureInfo.InvariantCulture)),
                    };
                    mask = WandaPruner.Prune(layer.Weights, layer.Rows, layer.Columns, layer.SquaredNorms, target);
                }

                Assert.Equal(stored.Value.Integer("pruned"), mask.PrunedCount);
                Assert.True(expected.Equals(mask), stored.Name);
                compared++;
            }
        }

        Assert.Equal(8, compared);
    }

    [Fact]
    public void Scores_and_not_magnitudes_decide()
    {
        float[] weights = [3, 1, 2, 4];
        float[] norms = [1, 16, 1, 1];
        Assert.Equal([0, 2], WandaPruner.Prune(weights, 1, 4, norms, PruneTarget.Unstructured(0.5)).PrunedColumns(0));
        Assert.Equal([0, 2], WandaPruner.Prune(weights, 1, 4, norms, PruneTarget.Structured(2, 4)).PrunedColumns(0));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.25)]
    [InlineData(0.0)]
    public void A_mask_within_another_never_brings_a_weight_back(double sparsity)
    {
        // Every third channel is dead: all of its scores are 0, as are those of pruned weights.
        TestLayer layer = TestLayer.Random(8, 48, seed: 12);
        float[] norms = [.. layer.SquaredNorms.Select((value, column) => column % 3 == 0 ? 0 : value)];
        PruneMask first = WandaPruner.Prune(layer.Weights, 8, 48, layer.SquaredNorms, PruneTarget.Unstructured(0.25));
        PruneMask second = WandaPruner.Prune(layer.Masked(first), 8, 48, norms, PruneTarget.Unstructured(sparsity), within: first);
        for (int row = 0; row < 8; row++)
        {
            Assert.Equal(Math.Max(12, (int)(48 * sparsity)), second.PrunedInRow(row));
            Assert.Subset(second.PrunedColumns(row).ToHashSet(), first.PrunedColumns(row).ToHashSet());
        }

        PruneMask groups = WandaPruner.Prune(layer.Weights, 8, 48, norms, PruneTarget.Structured(2, 8), within: first);
        Assert.All(Enumerable.Range(0, 8), row => Assert.Subset(groups.PrunedColumns(row).ToHashSet(), first.PrunedColumns(row).ToHashSet()));
    }

    [Fact]
    public void Of_equal_scores_the_lower_columns_go() =>
        Assert.Equal([0, 1], WandaPruner.Prune([1, 1, 1, 1], 1, 4, [1, 1, 1, 1], PruneTarget.Unstructured(0.5)).PrunedColumns(0));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 48)]
    [InlineData(0.7, 67)]
    [InlineData(1, 96)]
    public void Every_row_loses_exactly_its_share(double sparsity, int expected)
    {
        TestLayer layer = TestLayer.Random(20, 96, 1);
        PruneMask mask = WandaPruner.Prune(layer.Weights, 20, 96, layer.SquaredNorms, PruneTarget.Unstructured(sparsity));
        Assert.All(Enumerable.Range(0, 20), row => Assert.Equal(expected, mask.PrunedInRow(row)));
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    [InlineData(3, 4)]
    public void Every_group_loses_exactly_its_number(int prunePerGroup, int groupSize)
    {
        TestLayer layer = TestLayer.Random(20, 96, 2);
        WandaPruner.Prune(layer.Weights, 20, 96, layer.SquaredNorms, PruneTarget.Structured(prunePerGroup, groupSize))
            .AssertPattern(prunePerGroup, groupSize);
    }

    [Fact]
    public void Scaling_the_inputs_and_constant_norms_leave_the_mask()
    {
        TestLayer layer = TestLayer.Random(16, 80, 3);
        PruneTarget target = PruneTarget.Unstructured(0.6);
        PruneMask mask = WandaPruner.Prune(layer.Weights, 16, 80, layer.SquaredNorms, target);
        float[] scaled = Array.ConvertAll(layer.SquaredNorms, q => q * 16);
        Assert.Equal(mask, WandaPruner.Prune(layer.Weights, 16, 80, scaled, target));

        float[] constant = new float[80];
        Array.Fill(constant, 4f);
        Assert.Equal(
            MagnitudePruner.PrunePerRow(layer.Weights, 16, 80, target), WandaPruner.Prune(layer.Weights, 16, 80, constant, target));
    }

    [Fact]
    public void With_orthogonal_inputs_no_other_mask_of_the_count_has_less_error()
    {
        // For a diagonal Gram matrix the error of a row is the sum of w²·q over what is pruned: all 70 choices of 4 from 8 are compared.
        Random random = new(4);
        float[] weights = TestLayer.Draw(random, 8);
        float[] norms = Array.ConvertAll(TestLayer.Draw(random, 8), value => value * value);
        double Error(IEnumerable<int> pruned) => pruned.Sum(column => (double)weights[column] * weights[column] * norms[column]);
        double chosen = Error(WandaPruner.Prune(weights, 1, 8, norms, PruneTarget.Unstructured(0.5)).PrunedColumns(0));
        double best = Enumerable.Range(0, 256)
            .Where(bits => int.PopCount(bits) == 4)
            .Min(bits => Error(Enumerable.Range(0, 8).Where(column => (bits >> column & 1) != 0)));
        Assert.Equal(best, chosen, 1e-6);
    }

    [Fact]
    public void Non_finite_scores_are_refused()
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(
            () => WandaPruner.Prune([1, float.NaN, 2, 3], 1, 4, [1, 1, 1, 1], PruneTarget.Unstructured(0.5)));
        Assert.Contains("not a finite number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_does_not_divide_the_row_is_refused() =>
        Assert.Throws<ArgumentException>(() => WandaPruner.Prune(new float[6], 1, 6, new float[6], PruneTarget.Structured(2, 4)));
}
