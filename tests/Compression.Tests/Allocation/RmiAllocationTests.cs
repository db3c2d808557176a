using System.Text.Json;
using Sparrow.Compression.Allocation;
using Xunit;

namespace Sparrow.Compression.Tests.Allocation;

public sealed class RmiAllocationTests
{
    [Fact]
    public void Similarities_equal_those_of_the_authors_code()
    {
        JsonElement stored = GoldenVectors.Load("losa.json").GetProperty("cka");
        string[] order = [.. stored.GetProperty("order").EnumerateArray().Select(name => name.GetString()!)];
        int sequences = stored.GetProperty("features").GetProperty(order[0]).Shape()[0];
        List<double[]> grams = [];
        foreach (string name in order)
        {
            double[] gram = new double[sequences * sequences];
            RepresentationSimilarity.AddTo(gram, stored.GetProperty("features").GetProperty(name).Floats(), sequences);
            grams.Add(gram);
        }

        double[] matrix = RepresentationSimilarity.Matrix(grams, sequences);
        for (int i = 0; i < order.Length; i++)
        {
            for (int j = 0; j < order.Length; j++)
            {
                // The authors' code has NaN for constant features; they are like nothing.
                JsonElement expected = stored.GetProperty("cka")[i][j];
                double value = matrix[(i * order.Length) + j];
                Assert.Equal(expected.ValueKind == JsonValueKind.Null ? 0 : expected.GetDouble(), value, 1e-4);
            }
        }
    }

    [Fact]
    public void Allocations_are_those_of_the_closed_form_and_never_cost_more_than_the_authors_solver()
    {
        int compared = 0;
        foreach (JsonElement item in GoldenVectors.Load("losa.json").GetProperty("allocation").EnumerateArray())
        {
            double[][] rows = [.. item.GetProperty("similarity").EnumerateArray().Select(row => row.Doubles())];
            double[] redundancy = RmiAllocation.Redundancy([.. rows.SelectMany(row => row)], rows.Length);
            double[] stored = item.GetProperty("rho").Doubles();
            Assert.All(Enumerable.Range(0, stored.Length), i => Assert.Equal(1, redundancy[i] / stored[i], 1e-5));
            foreach (JsonElement run in item.GetProperty("results").EnumerateArray())
            {
                double[] importance = RmiAllocation.Importance(redundancy, run.Number("beta"));
                double[] expected = run.GetProperty("importance").Doubles();
                Assert.All(Enumerable.Range(0, expected.Length), i => Assert.Equal(1, importance[i] / expected[i], 1e-4));

                double target = run.Number("target");
                double delta = run.Number("delta");
                double[] sparsities = RmiAllocation.Allocate(redundancy, target, delta);
                Assert.Equal(target, sparsities.Average(), 1e-12);
                Assert.All(sparsities, value => Assert.InRange(value, target - delta - 1e-12, target + delta + 1e-12));

                // With the stored importance, which the authors hold in float: the objectives differ by less than the rounding of that.
                double objective = sparsities.Zip(expected, (s, weight) => s * weight).Sum();
                Assert.Equal(run.Number("closed_form_objective"), objective, 1e-6 * Math.Abs(objective));
                Assert.True(objective <= run.Number("objective") + (1e-6 * Math.Abs(objective)));

                double[] solver = run.GetProperty("sparsity").Doubles();
                Assert.Equal(target, solver.Average(), 2e-9);
                compared++;
            }
        }

        Assert.Equal(72, compared);
    }

    [Theory]
    [InlineData(0.5, 0.01)]
    [InlineData(0.6, 0.02)]
    [InlineData(0.7, 0.03)]
    [InlineData(0.8, 0.03)]
    public void The_range_follows_the_published_table(double sparsity, double range) => Assert.Equal(range, RmiAllocation.Range(sparsity));

    [Fact]
    public void Five_blocks_split_at_the_median()
    {
        double[] sparsities = RmiAllocation.Allocate([3, 1, 5, 2, 4], 0.7);
        double[] expected = [0.7, 0.67, 0.73, 0.67, 0.73];
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(expected[i], sparsities[i], 1e-12));
    }

    [Fact]
    public void No_block_goes_below_what_it_has()
    {
        double[] achieved = [0.7, 0.7, 0.66, 0.66];
        (double[] sparsities, double excess) = RmiAllocation.Allocate([1, 2, 3, 4], 0.7, 0.03, achieved);
        Assert.Equal(0, excess);
        Assert.Equal(0.7, sparsities.Average(), 1e-12);
        Assert.All(Enumerable.Range(0, 4), i => Assert.True(sparsities[i] >= achieved[i]));

        (sparsities, excess) = RmiAllocation.Allocate([1, 2, 3, 4], 0.5, 0.01, achieved);
        Assert.Equal(achieved, sparsities);
        Assert.Equal(0.18, excess, 1e-12);
    }

    [Fact]
    public void Rotations_shifts_and_scales_of_features_are_the_same_representation()
    {
        Random random = new(50);
        float[] features = TestLayer.Draw(random, 6 * 4);
        float[] turned = new float[24];
        for (int sequence = 0; sequence < 6; sequence++)
        {
            // A quarter turn in two planes, three times as large, and moved.
            (turned[sequence * 4], turned[(sequence * 4) + 1]) = ((3 * -features[(sequence * 4) + 1]) + 2, (3 * features[sequence * 4]) - 1);
            (turned[(sequence * 4) + 2], turned[(sequence * 4) + 3]) = (3 * features[(sequence * 4) + 3], (3 * -features[(sequence * 4) + 2]) + 5);
        }

        double[] a = new double[36];
        double[] b = new double[36];
        RepresentationSimilarity.AddTo(a, features, 6);
        RepresentationSimilarity.AddTo(b, turned, 6);
        Assert.All(RepresentationSimilarity.Matrix([a, b], 6), value => Assert.Equal(1, value, 1e-6));
    }
}
