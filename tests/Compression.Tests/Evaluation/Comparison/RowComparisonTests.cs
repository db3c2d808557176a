using Sparrow.Compression.Evaluation.Comparison;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation.Comparison;

public sealed class RowComparisonTests
{
    [Fact]
    public void A_case_by_hand_gives_its_divergence()
    {
        // p = (1/2, 1/4, 1/4), q = (1/4, 1/2, 1/4): KL = 1/2 ln 2 − 1/4 ln 2. Logits carry any constant.
        float[] p = [MathF.Log(2) + 3, 3, 3];
        float[] q = [-7, MathF.Log(2) - 7, -7];

        RowComparison row = RowComparison.Of(p, q);

        Assert.Equal(0.25 * Math.Log(2), row.Divergence, 1e-7);
        Assert.Equal(3 + Math.Log(4), row.ReferenceNormalizer, 1e-7);
        Assert.Equal(-7 + Math.Log(4), row.ModelNormalizer, 1e-7);
        Assert.False(row.HaveSameTop);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(1000)]
    [InlineData(49152)]
    public void Rows_of_every_length_agree_with_plain_loops_in_double(int vocabulary)
    {
        Random random = new(vocabulary);
        float[] p = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)((random.NextDouble() * 30) - 20))];
        float[] q = [.. p.Select(x => x + (float)(random.NextDouble() - 0.5))];

        RowComparison row = RowComparison.Of(p, q);

        double total = Math.Log(p.Sum(x => Math.Exp(x)));
        double other = Math.Log(q.Sum(x => Math.Exp(x)));
        double divergence = p.Zip(q, (x, y) => Math.Exp(x - total) * (x - total - (y - other))).Sum();
        Assert.Equal(divergence, row.Divergence, 1e-11);
        Assert.Equal(total, row.ReferenceNormalizer, 1e-11);
        Assert.Equal(other, row.ModelNormalizer, 1e-11);
    }

    [Fact]
    public void A_row_diverges_from_itself_by_exactly_nothing()
    {
        Random random = new(2);
        float[] row = [.. Enumerable.Range(0, 4999).Select(_ => (float)((random.NextDouble() * 60) - 30))];

        RowComparison same = RowComparison.Of(row, row);

        Assert.Equal(0, same.Divergence);
        Assert.True(same.HaveSameTop);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_row_with_a_nan_is_no_comparison(bool isReference)
    {
        float[] good = [.. Enumerable.Repeat(1f, 20)];
        float[] bad = [.. good];
        bad[13] = float.NaN;

        RowComparison row = isReference ? RowComparison.Of(bad, good) : RowComparison.Of(good, bad);

        Assert.True(double.IsNaN(row.Divergence));
        Assert.Equal(isReference, double.IsNaN(row.ReferenceNormalizer));
        Assert.Equal(!isReference, double.IsNaN(row.ModelNormalizer));
    }
}
