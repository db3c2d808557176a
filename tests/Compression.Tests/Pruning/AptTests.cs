using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Pruning;

public sealed class AptTests
{
    private static readonly AptOptions s_exact = new() { Tolerance = 1e-10, MaxIterations = 1000 };

    [Fact]
    public void One_pruned_weight_of_two_is_compensated_as_computed_by_hand()
    {
        double[] hessian = [2, 1, 1, 2];
        HessianFactor factor = HessianFactor.TryCreate(hessian, 2, 1, damping: 0)!;
        PruneMask mask = new(1, 2);
        mask.Set(0, 0, kept: false);
        float[] weights = [0, 1];
        AptResult result = AptCompensator.Compensate([1, 1], weights, 1, 2, mask, hessian, 1, factor, s_exact);
        Assert.Equal([0f, 1.5f], weights);
        Assert.Equal(2 * 0.75, result.Errors[0], 1e-6);

        float[] swept = [1, 1];
        SparseGptResult sweep = SparseGptPruner.Prune(swept, 1, 2, factor, default, new SparseGptOptions { Mask = mask });
        Assert.Equal(1.5f, swept[1], 1e-6f);
        Assert.Equal(2 * 0.75, sweep.SquaredError, 1e-6);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.7)]
    public void No_row_ends_above_SparseGPT_or_Wanda_on_the_same_mask(double sparsity)
    {
        TestLayer layer = TestLayer.Random(40, 128, 30);
        HessianFactor factor = layer.Factor();
        PruneTarget target = PruneTarget.Unstructured(sparsity);
        float[] swept = [.. layer.Weights];
        PruneMask own = SparseGptPruner.Prune(swept, 40, 128, factor, target).Mask;
        PruneMask wanda = WandaPruner.Prune(layer.Weights, 40, 128, layer.SquaredNorms, target);
        float[] sweptAtWanda = [.. layer.Weights];
        SparseGptPruner.Prune(sweptAtWanda, 40, 128, factor, target, new SparseGptOptions { Mask = wanda });

        AssertBelow(layer, factor, own, swept);
        AssertBelow(layer, factor, wanda, sweptAtWanda);
        AssertBelow(layer, factor, wanda, layer.Masked(wanda));
    }

    [Fact]
    public void The_minimum_does_not_depend_on_the_start_and_satisfies_the_normal_equations()
    {
        TestLayer layer = TestLayer.Random(20, 64, 31);
        HessianFactor factor = layer.Factor();
        PruneMask mask = WandaPruner.Prune(layer.Weights, 20, 64, layer.SquaredNorms, PruneTarget.Unstructured(0.6));
        float[] fromMasked = layer.Masked(mask);
        float[] fromSwept = [.. layer.Weights];
        SparseGptPruner.Prune(fromSwept, 20, 64, factor, default, new SparseGptOptions { Mask = mask });
        double[] gram = layer.Statistics.Gram();
        double scale = layer.Statistics.HessianScale;
        AptCompensator.Compensate(layer.Weights, fromMasked, 20, 64, mask, gram, scale, factor, s_exact);
        AptCompensator.Compensate(layer.Weights, fromSwept, 20, 64, mask, gram, scale, factor, s_exact);
        for (int i = 0; i < fromMasked.Length; i++)
        {
            Assert.Equal(fromMasked[i], fromSwept[i], 1e-5f);
            Assert.True(mask.IsKept(i / 64, i % 64) || fromMasked[i] == 0);
        }

        // ((ŵ − w)H)_K = 0, up to the rounding of ŵ to float.
        for (int row = 0; row < 20; row++)
        {
            for (int column = 0; column < 64; column++)
            {
                double sum = 0;
                double size = 0;
                for (int k = 0; k < 64; k++)
                {
                    double entry = (gram[(k * 64) + column] * scale) + (k == column ? factor.Shift : 0);
                    double term = ((double)fromMasked[(row * 64) + k] - layer.Weights[(row * 64) + k]) * entry;
                    sum += term;
                    size += Math.Abs(term);
                }

                Assert.True(!mask.IsKept(row, column) || Math.Abs(sum) < 1e-5 * size, $"Row {row}, column {column}: {sum} of {size}.");
            }
        }
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    public void Sets_compared_together_cost_less_than_weights_compared_alone(int prunePerGroup, int groupSize)
    {
        TestLayer layer = TestLayer.Random(32, groupSize, 32);
        HessianFactor factor = layer.Factor();
        PruneTarget target = PruneTarget.Structured(prunePerGroup, groupSize);
        PruneMask joint = AptMasker.ChooseJoint(layer.Weights, 32, groupSize, factor, target);
        PruneMask single = AptMasker.ChooseSingle(layer.Weights, 32, groupSize, factor, target);
        joint.AssertPattern(prunePerGroup, groupSize);
        single.AssertPattern(prunePerGroup, groupSize);

        // With one group a row, the joint choice is the best of all masks.
        double[] jointErrors = Compensate(layer, factor, joint);
        double[] singleErrors = Compensate(layer, factor, single);
        Assert.All(Enumerable.Range(0, 32), row => Assert.True(jointErrors[row] <= singleErrors[row] * (1 + 1e-5)));
        Assert.Contains(Enumerable.Range(0, 32), row => jointErrors[row] < singleErrors[row] * 0.99);
    }

    [Fact]
    public void Dead_channels_end_at_0()
    {
        TestLayer drawn = TestLayer.Random(8, 32, 33);
        float[] inputs = [.. drawn.Inputs];
        for (int start = 0; start < inputs.Length; start += 32)
        {
            inputs[start + 9] = 0;
        }

        TestLayer layer = new(8, 32, drawn.Weights, inputs, 4);
        HessianFactor factor = layer.Factor();
        Assert.True(factor.Dead[9]);
        PruneMask mask = AptMasker.ChooseSingle(layer.Weights, 8, 32, factor, PruneTarget.Unstructured(0.25));
        Assert.All(Enumerable.Range(0, 8), row => Assert.False(mask.IsKept(row, 9)));
        float[] weights = layer.Masked(new PruneMask(8, 32));
        AptCompensator.Compensate(
            layer.Weights, weights, 8, 32, new PruneMask(8, 32), layer.Statistics.Gram(), layer.Statistics.HessianScale, factor);
        for (int i = 0; i < weights.Length; i++)
        {
            Assert.Equal(i % 32 == 9 ? 0 : layer.Weights[i], weights[i]);
        }
    }

    private static double[] Compensate(TestLayer layer, HessianFactor factor, PruneMask mask) =>
        AptCompensator.Compensate(
            layer.Weights, layer.Masked(mask), layer.Rows, layer.Columns, mask, layer.Statistics.Gram(), layer.Statistics.HessianScale, factor, s_exact)
        .Errors;

    private static void AssertBelow(TestLayer layer, HessianFactor factor, PruneMask mask, float[] start)
    {
        double[] before = layer.DampedErrors(start, factor);
        float[] weights = [.. start];
        AptResult result = AptCompensator.Compensate(
            layer.Weights, weights, layer.Rows, layer.Columns, mask, layer.Statistics.Gram(), layer.Statistics.HessianScale, factor);
        double[] after = layer.DampedErrors(weights, factor);
        Assert.All(Enumerable.Range(0, layer.Rows), row =>
        {
            Assert.True(after[row] <= before[row] * (1 + 1e-6), $"Row {row} went from {before[row]} to {after[row]}.");
            Assert.Equal(1, result.Errors[row] / after[row], 1e-6);
            Assert.Equal(1, result.InitialErrors[row] / before[row], 1e-6);
        });
        Assert.True(after.Sum() < before.Sum() * 0.99);
    }
}
