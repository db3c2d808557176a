using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation.Comparison;

public sealed class DifferenceTests
{
    [Fact]
    public void Differences_of_perplexity_are_worked_out_token_by_token()
    {
        double[] reference = [1, 2, 3, 2];
        double[] model = [1.5, 2, 3.5, 3];

        PerplexityDifference difference = PerplexityDifference.Of(model, reference);

        // Differences of a half, nothing, a half, one: mean 1/2, sample deviation √(1/6), and √4 tokens.
        double error = Math.Sqrt(1.0 / 6) / 2;
        Assert.Equal(Math.Exp(2.5) - Math.Exp(2), difference.Value, 1e-12);
        Assert.Equal(Math.Exp(0.5), difference.Ratio, 1e-12);
        Assert.Equal(Math.Exp(0.5) * error, difference.RatioStandardError, 1e-12);
    }

    [Fact]
    public void A_constant_offset_has_no_error_in_the_ratio_and_little_in_the_difference()
    {
        double[] reference = [1, 2, 3, 4];
        double[] model = [.. reference.Select(loss => loss + 0.1)];

        PerplexityDifference difference = PerplexityDifference.Of(model, reference);

        Assert.Equal(0, difference.RatioStandardError, 1e-12);

        // The difference is 0.105 of a perplexity whose own error is e^2.5 · 0.645.
        Assert.Equal((Math.Exp(2.6) - Math.Exp(2.5)) * Math.Sqrt(5.0 / 3) / 2, difference.StandardError, 1e-9);
    }

    [Fact]
    public void Tasks_are_compared_item_by_item()
    {
        ZeroShotResult model = Result(true, true, false, false);
        ZeroShotResult reference = Result(true, false, true, true);

        TaskDifference difference = TaskDifference.Of(model, reference);
        TaskReport report = model.ToReport();

        // Differences 0, 1, −1, −1: mean −1/4, squares 2.75 about it.
        Assert.Equal(-0.25, difference.Accuracy, 1e-12);
        Assert.Equal(Math.Sqrt(2.75 / 3 / 4), difference.StandardError, 1e-12);
        Assert.Equal(0.5, report.Accuracy);
        Assert.Equal(Math.Sqrt(0.25 / 3), report.StandardError, 1e-12);
        Assert.Throws<ArgumentException>(() => TaskDifference.Of(model, Result(true)));
    }

    private static ZeroShotResult Result(params bool[] right)
    {
        double share = (double)right.Count(answer => answer) / right.Length;
        return new ZeroShotResult(right.Length, share, share, null, []) { Right = right, NormalizedRight = right };
    }
}
