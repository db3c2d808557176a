using System.Text.Json;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Pruning;

public sealed class SparseGptPrunerTests
{
    // Stated for the stored runs: two runs of the same algorithm in float and double differ by up to 2e-6.
    private const double WeightTolerance = 1e-5;

    [Fact]
    public void Weights_equal_those_of_the_authors_code()
    {
        int compared = 0;
        foreach (JsonElement item in GoldenVectors.Load("sparsegpt.json").GetProperty("cases").EnumerateArray())
        {
            TestLayer layer = TestLayer.Stored(item);
            HessianFactor factor = layer.Factor();
            foreach (JsonElement run in item.GetProperty("runs").EnumerateArray())
            {
                int groupSize = run.Integer("prune_m");
                int bits = run.Integer("quantise_bits");
                RowGrid[]? grids = bits == 0 ? null : [.. layer.Weights.Chunk(layer.Columns).Select(row => RowGrid.Fit(row, bits))];
                float[] weights = [.. layer.Weights];
                SparseGptResult result = SparseGptPruner.Prune(
                    weights, layer.Rows, layer.Columns, factor,
                    groupSize > 0 ? PruneTarget.Structured(run.Integer("prune_n"), groupSize) : PruneTarget.Unstructured(run.Number("sparsity")),
                    new SparseGptOptions { PanelColumns = run.Integer("blocksize"), Rule = CountRule.Released, Grids = grids });

                Compare(run.GetProperty("W").Floats(), weights);
                Assert.Equal(run.Integer("pruned"), weights.Count(weight => weight == 0));
                Assert.Equal(1, result.SquaredError / 2 / run.Number("half_sum_of_squared_errors"), 1e-4);
                double[] errors = SquaredError.ByRow(layer.Weights, weights, layer.Rows, layer.Columns, layer.Statistics.Gram());
                double outputs = layer.Rows * (layer.Inputs.Length / layer.Columns);
                if (item.GetProperty("name").GetString() == "regular")
                {
                    Assert.Equal(1, errors.Sum() / outputs / run.Number("output_mse"), 1e-4);
                }

                if (grids is not null)
                {
                    Assert.Equal(run.GetProperty("scale").Doubles(), grids.Select(grid => (double)grid.Scale));
                    Assert.Equal(run.GetProperty("zero").Doubles(), grids.Select(grid => (double)grid.Zero));
                }

                compared++;
            }
        }

        Assert.Equal(11, compared);
    }

    [Fact]
    public void The_exact_count_reproduces_the_sweep_of_EvoPress()
    {
        JsonElement[] cases = [.. GoldenVectors.Load("sparsegpt.json").GetProperty("cases").EnumerateArray()];
        int compared = 0;
        foreach (JsonElement run in GoldenVectors.Load("evopress.json").GetProperty("fast_obc").EnumerateArray())
        {
            string inputs = run.GetProperty("inputs").GetString()!;
            TestLayer layer = TestLayer.Stored(cases.Single(item => inputs.EndsWith(item.GetProperty("name").GetString()!, StringComparison.Ordinal)));
            float[] weights = [.. layer.Weights];
            SparseGptPruner.Prune(
                weights, layer.Rows, layer.Columns, layer.Factor(), PruneTarget.Unstructured(run.Number("sparsity")),
                new SparseGptOptions { PanelColumns = run.Integer("block_size") });
            Compare(run.GetProperty("W").Floats(), weights);
            Assert.Equal(run.Integer("zeros"), weights.Count(weight => weight == 0));
            compared++;
        }

        Assert.Equal(12, compared);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.7)]
    public void The_summed_errors_are_the_damped_output_error(double sparsity)
    {
        TestLayer layer = TestLayer.Random(24, 150, 10);
        HessianFactor factor = layer.Factor();
        float[] weights = [.. layer.Weights];
        SparseGptResult result = SparseGptPruner.Prune(
            weights, 24, 150, factor, PruneTarget.Unstructured(sparsity), new SparseGptOptions { PanelColumns = 32 });
        Assert.Equal(1, layer.DampedErrors(weights, factor).Sum() / result.SquaredError, 1e-4);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.7)]
    public void Every_panel_loses_exactly_its_share_and_the_error_is_below_that_of_magnitude_and_Wanda(double sparsity)
    {
        TestLayer layer = TestLayer.Random(32, 192, 11);
        PruneTarget target = PruneTarget.Unstructured(sparsity);
        float[] weights = [.. layer.Weights];
        SparseGptResult result = SparseGptPruner.Prune(
            weights, 32, 192, layer.Factor(), target, new SparseGptOptions { PanelColumns = 64 });
        for (int start = 0; start < 192; start += 64)
        {
            int pruned = Enumerable.Range(0, 32).Sum(row => result.Mask.PrunedColumns(row).Count(column => column >= start && column < start + 64));
            Assert.Equal((int)Math.Round(32 * 64 * sparsity), pruned);
        }

        double[] gram = layer.Statistics.Gram();
        double Error(float[] changed) => SquaredError.ByRow(layer.Weights, changed, 32, 192, gram).Sum();
        double swept = Error(weights);
        Assert.True(swept < Error(layer.Masked(MagnitudePruner.PrunePerTensor(layer.Weights, 32, 192, target))));
        Assert.True(swept < Error(layer.Masked(WandaPruner.Prune(layer.Weights, 32, 192, layer.SquaredNorms, target))));
        Assert.True(swept < Error(layer.Masked(result.Mask)), "Updating the weights must lower the error of the mask.");
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    public void Groups_are_exact_and_do_not_depend_on_the_panel(int prunePerGroup, int groupSize)
    {
        TestLayer layer = TestLayer.Random(16, 96, 12);
        HessianFactor factor = layer.Factor();
        float[] narrow = [.. layer.Weights];
        float[] wide = [.. layer.Weights];
        PruneTarget target = PruneTarget.Structured(prunePerGroup, groupSize);
        PruneMask mask = SparseGptPruner.Prune(narrow, 16, 96, factor, target, new SparseGptOptions { PanelColumns = 16 }).Mask;
        Assert.Equal(mask, SparseGptPruner.Prune(wide, 16, 96, factor, target).Mask);
        mask.AssertPattern(prunePerGroup, groupSize);
        Compare(wide, narrow);
        Assert.All(Enumerable.Range(0, narrow.Length), i => Assert.True(mask.IsKept(i / 96, i % 96) || narrow[i] == 0));
    }

    [Fact]
    public void Scaling_the_inputs_leaves_the_mask_and_sparsity_0_leaves_the_weights()
    {
        TestLayer layer = TestLayer.Random(16, 96, 13);
        HessianFactor scaled = HessianFactor.TryCreate(layer.Statistics.Gram(), 96, 64 * layer.Statistics.HessianScale)!;
        float[] weights = [.. layer.Weights];
        float[] other = [.. layer.Weights];
        PruneTarget target = PruneTarget.Unstructured(0.5);
        Assert.Equal(
            SparseGptPruner.Prune(weights, 16, 96, layer.Factor(), target).Mask, SparseGptPruner.Prune(other, 16, 96, scaled, target).Mask);

        weights = [.. layer.Weights];
        SparseGptPruner.Prune(weights, 16, 96, layer.Factor(), PruneTarget.Unstructured(0));
        Assert.Equal(layer.Weights, weights);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        TestLayer layer = TestLayer.Random(75, 200, 14);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using WorkerPool pool = new(threads);
            GramAccumulator gram = new(200, pool);
            gram.Add(layer.Inputs);
            HessianFactor factor = HessianFactor.TryCreate(gram.Gram(), 200, 0.5, pool: pool)!;
            float[] weights = [.. layer.Weights];
            PruneMask mask = SparseGptPruner.Prune(weights, 75, 200, factor, PruneTarget.Unstructured(0.6), pool: pool).Mask;
            AptCompensator.Compensate(layer.Weights, weights, 75, 200, mask, gram.Gram(), 0.5, factor, pool: pool);
            first ??= weights;
            Assert.Equal(first, weights);
        }
    }

    [Fact]
    public void A_given_mask_is_kept()
    {
        TestLayer layer = TestLayer.Random(16, 96, 15);
        PruneTarget target = PruneTarget.Unstructured(0.5);
        PruneMask mask = WandaPruner.Prune(layer.Weights, 16, 96, layer.SquaredNorms, target);
        float[] weights = [.. layer.Weights];
        SparseGptResult result = SparseGptPruner.Prune(weights, 16, 96, layer.Factor(), target, new SparseGptOptions { Mask = mask });
        Assert.Equal(mask, result.Mask);
        Assert.Equal(mask.PrunedCount, weights.Count(weight => weight == 0));
        double[] gram = layer.Statistics.Gram();
        Assert.True(
            SquaredError.ByRow(layer.Weights, weights, 16, 96, gram).Sum() < SquaredError.ByRow(layer.Weights, layer.Masked(mask), 16, 96, gram).Sum());
    }

    private static void Compare(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], WeightTolerance);
        }
    }
}
