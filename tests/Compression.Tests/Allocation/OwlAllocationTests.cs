using System.Text.Json;
using Sparrow.Compression.Allocation;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Allocation;

public sealed class OwlAllocationTests
{
    [Fact]
    public void Outliers_and_block_sparsities_equal_those_of_the_authors_code()
    {
        JsonElement root = GoldenVectors.Load("owl.json");
        int compared = 0;
        foreach (JsonElement run in root.GetProperty("unstructured").EnumerateArray())
        {
            double[] percents = Percents(root, run.Number("hyper_m"));
            double[] stored = run.GetProperty("outlier_percent").Doubles();
            Assert.All(Enumerable.Range(0, stored.Length), i => Assert.Equal(stored[i], percents[i], 1e-9));

            double[] sparsities = OwlAllocation.Allocate(percents, run.Number("sparsity"), run.Number("lamda"), clipAbove: false);
            double[] expected = run.GetProperty("block_sparsity").Doubles();
            Assert.All(Enumerable.Range(0, expected.Length), i => Assert.Equal(expected[i], sparsities[i], 1e-9));
            compared++;
        }

        foreach (JsonElement run in root.GetProperty("structured").EnumerateArray())
        {
            int[] counts = OwlAllocation.AllocateStructured(
                Percents(root, run.Number("hyper_m")), run.Integer("prune_n"), run.Integer("prune_m"), run.Number("lamda"));
            Assert.Equal(run.GetProperty("prune_n_per_block").Integers(), counts);
            compared++;
        }

        Assert.Equal(8, compared);
    }

    [Fact]
    public void Wanda_at_the_block_sparsities_realises_those_of_the_authors_code()
    {
        JsonElement root = GoldenVectors.Load("owl.json");
        float[] norms = Norms(root);
        foreach (JsonElement run in root.GetProperty("unstructured").EnumerateArray())
        {
            double[] sparsities = OwlAllocation.Allocate(Percents(root, run.Number("hyper_m")), run.Number("sparsity"), run.Number("lamda"));
            int block = 0;
            foreach (JsonElement weights in root.GetProperty("blocks").EnumerateArray())
            {
                double[] expected = run.GetProperty("realised")[block].Doubles();
                int linear = 0;
                foreach (JsonProperty item in weights.EnumerateObject())
                {
                    int[] shape = item.Value.Shape();
                    PruneMask mask = WandaPruner.Prune(
                        item.Value.Floats(), shape[0], shape[1], norms, PruneTarget.Unstructured(sparsities[block]));
                    Assert.Equal(expected[linear++], mask.Sparsity, 1e-12);
                }

                block++;
            }
        }
    }

    [Fact]
    public void The_mean_is_the_target_the_width_twice_lambda_and_outliers_lower_the_sparsity()
    {
        double[] percents = [0.4, 3.1, 1.7, 0.9, 2.2];
        double[] sparsities = OwlAllocation.Allocate(percents, 0.7, 0.08);
        Assert.Equal(0.7, sparsities.Average(), 1e-12);
        Assert.Equal(0.16, sparsities.Max() - sparsities.Min(), 1e-12);
        Assert.Equal(sparsities[1], sparsities.Min());
        Assert.Equal(sparsities[0], sparsities.Max());
    }

    [Fact]
    public void Blocks_that_are_all_alike_get_the_same() =>
        Assert.All(OwlAllocation.Allocate([1.5, 1.5, 1.5], 0.6), value => Assert.Equal(0.6, value, 1e-12));

    [Fact]
    public void Sparsities_stay_shares()
    {
        double[] sparsities = OwlAllocation.Allocate([1, 5, 5, 5, 5, 9], 0.9, 0.3);
        Assert.All(sparsities, value => Assert.InRange(value, 0, 1));
        Assert.Equal(0.01, OwlAllocation.Allocate([1, 9], 0.05, 0.3).Min());
    }

    private static double[] Percents(JsonElement root, double multiple)
    {
        float[] norms = Norms(root);
        return
        [
            .. root.GetProperty("blocks").EnumerateArray().Select(block =>
            {
                OwlOutliers outliers = new();
                JsonElement[] linears = [.. block.EnumerateObject().Select(item => item.Value)];
                Array.ForEach(linears, linear => outliers.AddToMean(linear.Floats(), linear.Shape()[1], norms));
                outliers.SetThreshold(multiple);
                Array.ForEach(linears, linear => outliers.Count(linear.Floats(), linear.Shape()[1], norms));
                return outliers.Percent();
            }),
        ];
    }

    private static float[] Norms(JsonElement root)
    {
        JsonElement inputs = root.GetProperty("X");
        int[] shape = inputs.Shape();
        float[] values = inputs.Floats();
        ColumnStatistics statistics = new(shape[2]);
        for (int sequence = 0; sequence < shape[0]; sequence++)
        {
            statistics.Add(values.AsSpan(sequence * shape[1] * shape[2], shape[1] * shape[2]));
            statistics.EndSequence();
        }

        return statistics.SquaredNorms();
    }
}
