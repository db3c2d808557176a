using System.Text.Json;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Pruning;

public sealed class DsnotRefinerTests
{
    [Fact]
    public void Masks_equal_those_of_the_written_procedure_and_of_the_authors_code_where_it_is_sound()
    {
        int compared = 0;
        int sound = 0;
        foreach (JsonElement item in GoldenVectors.Load("dsnot.json").GetProperty("cases").EnumerateArray())
        {
            TestLayer layer = TestLayer.Stored(item);
            foreach (JsonElement run in item.GetProperty("runs").EnumerateArray())
            {
                PruneMask initial = Masks.Stored(run.GetProperty("initial_keep"));
                bool structured = run.Integer("prune_m") > 0;
                PruneTarget pattern = structured ? PruneTarget.Structured(run.Integer("prune_n"), run.Integer("prune_m")) : default;
                foreach (JsonElement stored in run.GetProperty("results").EnumerateArray())
                {
                    DsnotResult result = DsnotRefiner.Refine(
                        layer.Weights, layer.Rows, layer.Columns, initial, DsnotStatistics.From(layer.Statistics),
                        new DsnotOptions
                        {
                            MaxSwaps = stored.Integer("max_cycle_time"),
                            Threshold = run.Number("update_threshold"),
                            VariancePower = run.Number("pow_of_var_regrowing"),
                            SignGuard = run.GetProperty("same_sign_required").GetBoolean(),
                        },
                        pattern,
                        run.GetProperty("initial_method").GetString() == "magnitude");
                    Assert.Equal(stored.GetProperty("written_swaps_per_row").Integers(), result.Swaps);
                    Assert.True(Masks.Stored(stored.GetProperty("written_keep")).Equals(result.Mask), run.ToString()[..120]);
                    double[] errors = stored.GetProperty("written_error_after").Doubles();
                    Assert.All(Enumerable.Range(0, layer.Rows), row => Assert.Equal(errors[row], result.ErrorsAfter[row], 1e-3));
                    compared++;
                    if (stored.TryGetProperty("keep", out JsonElement keep) && stored.GetProperty("rows_that_differ_from_written").GetArrayLength() == 0)
                    {
                        Assert.True(Masks.Stored(keep).Equals(result.Mask));
                        sound++;
                    }
                }
            }
        }

        Assert.True(compared >= 50 && sound >= 30, $"{compared} results were compared, {sound} of them with the authors' own mask.");
    }

    [Theory]
    [InlineData(false, new[] { 3, 4, 5 }, 0)]
    [InlineData(true, new[] { 0, 1, 5 }, 1.8)]
    public void The_worked_row_ends_as_computed_by_hand(bool guard, int[] pruned, double error)
    {
        // Scores are |w|·√q, so q is chosen to give the listed scores.
        float[] weights = [3, -1, 0.5f, -0.4f, 0.6f, -0.2f];
        float[] scores = [0.1f, 0.2f, 0.3f, 0.9f, 0.8f, 0.7f];
        float[] norms = [.. weights.Zip(scores, (w, s) => s * s / (w * w))];
        PruneMask initial = new(1, 6);
        foreach (int column in (int[])[0, 1, 2])
        {
            initial.Set(0, column, kept: false);
        }

        DsnotStatistics statistics = new(norms, [1, 1, 1, 1, 1, 1], [3, 1, 0.1f, 1, 1, 1]);
        DsnotResult result = DsnotRefiner.Refine(weights, 1, 6, initial, statistics, new DsnotOptions { SignGuard = guard });
        Assert.Equal(pruned, result.Mask.PrunedColumns(0));
        Assert.Equal(2.5, result.ErrorsBefore[0], 1e-6);
        Assert.Equal(error, result.ErrorsAfter[0], 1e-6);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.7)]
    public void Guarded_rows_never_end_worse_and_unguarded_ones_do(double sparsity)
    {
        TestLayer layer = TestLayer.Random(64, 128, 20);
        PruneMask initial = WandaPruner.Prune(layer.Weights, 64, 128, layer.SquaredNorms, PruneTarget.Unstructured(sparsity));
        DsnotStatistics statistics = DsnotStatistics.From(layer.Statistics);
        double[] before = SquaredError.ByRow(layer.Weights, layer.Masked(initial), 64, 128, statistics.Gram!);

        DsnotResult guarded = DsnotRefiner.Refine(layer.Weights, 64, 128, initial, statistics);
        double[] after = SquaredError.ByRow(layer.Weights, layer.Masked(guarded.Mask), 64, 128, statistics.Gram!);
        Assert.All(Enumerable.Range(0, 64), row =>
        {
            Assert.True(after[row] <= before[row] * (1 + 1e-9), $"Row {row} went from {before[row]} to {after[row]}.");
            Assert.Equal(initial.PrunedInRow(row), guarded.Mask.PrunedInRow(row));
            Assert.True(Math.Abs(guarded.ErrorsAfter[row]) <= Math.Abs(guarded.ErrorsBefore[row]));
        });
        Assert.True(guarded.Swaps.Sum() > 0 && guarded.RejectedRows > 0, "The rule must have had both kinds of rows to judge.");
        Assert.True(after.Sum() < before.Sum());

        DsnotResult released = DsnotRefiner.Refine(layer.Weights, 64, 128, initial, statistics, DsnotOptions.Released);
        double[] free = SquaredError.ByRow(layer.Weights, layer.Masked(released.Mask), 64, 128, statistics.Gram!);
        Assert.Contains(Enumerable.Range(0, 64), row => free[row] > before[row] * 1.01);
        Assert.Equal(initial.PrunedCount, released.Mask.PrunedCount);
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    [InlineData(3, 4)]
    public void Patterns_survive(int prunePerGroup, int groupSize)
    {
        TestLayer layer = TestLayer.Random(32, 128, 21);
        PruneTarget target = PruneTarget.Structured(prunePerGroup, groupSize);
        PruneMask initial = WandaPruner.Prune(layer.Weights, 32, 128, layer.SquaredNorms, target);
        foreach (DsnotOptions options in (DsnotOptions[])[DsnotOptions.Released, DsnotOptions.Guarded])
        {
            DsnotResult result = DsnotRefiner.Refine(
                layer.Weights, 32, 128, initial, DsnotStatistics.From(layer.Statistics), options, target);
            result.Mask.AssertPattern(prunePerGroup, groupSize);
            Assert.True(result.Swaps.Sum() > 0);
        }
    }

    [Fact]
    public void A_dead_channel_is_not_grown_first()
    {
        // Channel 3 is dead: its variance is 0, which unguarded arithmetic would rank above everything.
        TestLayer drawn = TestLayer.Random(8, 32, 22);
        float[] inputs = [.. drawn.Inputs];
        for (int start = 0; start < inputs.Length; start += 32)
        {
            inputs[start + 3] = 0;
        }

        TestLayer layer = new(8, 32, drawn.Weights, inputs, 4);
        PruneMask initial = WandaPruner.Prune(layer.Weights, 8, 32, layer.SquaredNorms, PruneTarget.Unstructured(0.5));
        DsnotResult result = DsnotRefiner.Refine(layer.Weights, 8, 32, initial, DsnotStatistics.From(layer.Statistics), DsnotOptions.Released);
        Assert.All(Enumerable.Range(0, 8), row =>
        {
            Assert.False(result.Mask.IsKept(row, 3));
            Assert.True(double.IsFinite(result.ErrorsAfter[row]));
        });
    }

    [Fact]
    public void The_never_worse_rule_asks_for_the_Gram_matrix() =>
        Assert.Throws<ArgumentException>(
            () => DsnotRefiner.Refine(new float[4], 1, 4, new PruneMask(1, 4), new DsnotStatistics(new float[4], new float[4], new float[4])));
}
