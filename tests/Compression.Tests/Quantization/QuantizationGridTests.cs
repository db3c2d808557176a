using Sparrow.Compression.Quantization;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

public sealed class QuantizationGridTests
{
    public static TheoryData<QuantizationDialect, int> DialectsAndBits()
    {
        TheoryData<QuantizationDialect, int> data = [];
        foreach (QuantizationDialect dialect in Enum.GetValues<QuantizationDialect>())
        {
            foreach (int bits in (int[])[2, 3, 4, 8])
            {
                data.Add(dialect, bits);
            }
        }

        return data;
    }

    // The table of worked values: two bits, one group. Signed codes are moved up by two.
    [Theory]
    [InlineData(QuantizationDialect.MinOffset, 0.4f, 0f, new float[] { 0.1f, 0.5f, 0.9f, 1.3f })]
    [InlineData(QuantizationDialect.RoundedZero, 0.4f, 0f, new float[] { 0, 0.4f, 0.8f, 1.2f })]
    [InlineData(QuantizationDialect.FloatZero, 0.4f, -0.25f, new float[] { 0.1f, 0.5f, 0.9f, 1.3f })]
    [InlineData(QuantizationDialect.IntegerZero, 0.4f, 0f, new float[] { 0, 0.4f, 0.8f, 1.2f })]
    [InlineData(QuantizationDialect.IntegerZeroWithRange, 0.43333f, 0f, new float[] { 0, 0.43333f, 0.86667f, 1.3f })]
    public void A_group_gets_the_worked_values_of_its_dialect(QuantizationDialect dialect, float scale, float zero, float[] reconstruction)
    {
        float[] group = [0.1f, 0.5f, 0.9f, 1.3f];

        QuantizationGrid grid = QuantizationGrid.Fit(group, new QuantizationScheme { Bits = 2, Dialect = dialect });

        Assert.Equal(scale, grid.Scale, 1e-5f);
        Assert.Equal(zero, grid.Zero, 1e-5f);
        Assert.Equal(dialect == QuantizationDialect.MinOffset ? 0.1f : 0, grid.Minimum);
        Assert.Equal([0, 1, 2, 3], group.Select(grid.Encode));
        Assert.All(group.Zip(reconstruction), pair => Assert.Equal(pair.Second, grid.Round(pair.First), 1e-5f));
    }

    [Fact]
    public void Symmetric_codes_clip_the_positive_extreme_by_half_a_step()
    {
        QuantizationScheme scheme = new() { Bits = 4, Dialect = QuantizationDialect.Symmetric };
        float[] group = [-1, 0.5f, 0.25f, 1.5f];

        QuantizationGrid grid = QuantizationGrid.Fit(group, scheme);

        Assert.Equal(0.2f, grid.Scale);
        Assert.Equal(8, grid.Zero);
        Assert.Equal([3, 10, 9, 15], group.Select(grid.Encode));
        Assert.All(group.Zip((float[])[-1, 0.4f, 0.2f, 1.4f]), pair => Assert.Equal(pair.Second, grid.Round(pair.First), 1e-6f));
    }

    [Theory, MemberData(nameof(DialectsAndBits))]
    public void Values_move_by_half_a_step_at_most_unless_their_dialect_clips(QuantizationDialect dialect, int bits)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            float[] group = VectorFile.Random(seed, 32);
            QuantizationGrid grid = QuantizationGrid.Fit(group, new QuantizationScheme { Bits = bits, Dialect = dialect });

            // A whole zero point moves the range by up to half a step; the symmetric range lacks half a step above.
            bool mayClip = dialect is not (QuantizationDialect.MinOffset or QuantizationDialect.FloatZero or QuantizationDialect.SymmetricWhole);
            float bound = grid.Scale * (mayClip ? 1.0001f : 0.5001f);
            Assert.All(group, value => Assert.InRange(Math.Abs(grid.Round(value) - value), 0, bound));
        }
    }

    [Theory, MemberData(nameof(DialectsAndBits))]
    public void Rounding_what_was_rounded_changes_nothing(QuantizationDialect dialect, int bits)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            QuantizationGrid grid = QuantizationGrid.Fit(VectorFile.Random(seed, 16), new QuantizationScheme { Bits = bits, Dialect = dialect });
            for (int code = 0; code < 1 << bits; code++)
            {
                // Dialect G leaves its lowest code unused, and every other one is its own nearest.
                Assert.Equal(code, grid.Encode(grid.Decode((byte)code)));
            }
        }
    }

    [Theory]
    [InlineData(QuantizationDialect.MinOffset)]
    [InlineData(QuantizationDialect.FloatZero)]
    public void Both_extremes_come_back_where_the_offset_is_not_rounded(QuantizationDialect dialect)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            float[] group = VectorFile.Random(seed, 32);
            QuantizationGrid grid = QuantizationGrid.Fit(group, new QuantizationScheme { Bits = 3, Dialect = dialect });

            Assert.Equal(group.Min(), grid.Round(group.Min()), 1e-5f);
            Assert.Equal(group.Max(), grid.Round(group.Max()), 1e-5f);
        }
    }

    [Fact]
    public void Codes_with_a_minimum_do_not_change_when_a_group_is_stretched_and_moved()
    {
        QuantizationScheme scheme = new() { Bits = 4, Dialect = QuantizationDialect.MinOffset };
        for (int seed = 0; seed < 50; seed++)
        {
            float[] group = VectorFile.Random(seed, 32);
            float[] moved = Array.ConvertAll(group, value => (4 * value) + 16);
            QuantizationGrid grid = QuantizationGrid.Fit(group, scheme);
            QuantizationGrid movedGrid = QuantizationGrid.Fit(moved, scheme);

            // The move rounds the values; only a value next to the middle of a step may notice.
            Assert.All(group.Zip(moved), pair => Assert.InRange(Math.Abs(grid.Encode(pair.First) - movedGrid.Encode(pair.Second)), 0, 1));
            Assert.InRange(group.Zip(moved).Count(pair => grid.Encode(pair.First) != movedGrid.Encode(pair.Second)), 0, 1);
        }
    }

    [Theory, MemberData(nameof(DialectsAndBits))]
    public void A_group_of_zeros_decodes_to_zeros(QuantizationDialect dialect, int bits)
    {
        QuantizationGrid grid = QuantizationGrid.Fit(new float[8], new QuantizationScheme { Bits = bits, Dialect = dialect });

        Assert.Equal(0, grid.Round(0));
        Assert.Equal(0, grid.Decode(grid.CodeOfPruned));
    }

    [Fact]
    public void A_constant_group_with_a_minimum_decodes_to_its_constant()
    {
        QuantizationGrid grid = QuantizationGrid.Fit([0.3f, 0.3f, 0.3f], new QuantizationScheme { Bits = 2, Dialect = QuantizationDialect.MinOffset });

        Assert.Equal(0.3f, grid.Round(0.3f));
    }

    [Theory]
    [InlineData(ScalePrecision.Half)]
    [InlineData(ScalePrecision.BFloat16)]
    public void Codes_are_the_nearest_ones_for_the_scale_that_is_stored(ScalePrecision precision)
    {
        QuantizationScheme scheme = new() { Bits = 8, Dialect = QuantizationDialect.MinOffset, ScalePrecision = precision };
        float[] group = VectorFile.Random(3, 64);

        QuantizationGrid grid = QuantizationGrid.Fit(group, scheme);

        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(grid.Scale) & (precision == ScalePrecision.Half ? 0x1FFFu : 0xFFFFu));
        foreach (float value in group)
        {
            float least = Enumerable.Range(0, 256).Min(code => Math.Abs(grid.Decode((byte)code) - value));
            Assert.Equal(least, Math.Abs(grid.Round(value) - value), 1e-6f);
        }
    }

    [Fact]
    public void A_range_search_never_loses_more_than_the_whole_range()
    {
        QuantizationScheme plain = new() { Bits = 3 };
        for (int seed = 0; seed < 20; seed++)
        {
            float[] group = VectorFile.Random(seed, 64);
            double whole = Loss(group, QuantizationGrid.Fit(group, plain));
            double searched = Loss(group, QuantizationGrid.Fit(group, plain with { SearchRange = true }));
            Assert.InRange(searched, 0, whole * 1.00001);
        }

        static double Loss(float[] group, QuantizationGrid grid) => group.Sum(value => Math.Pow(Math.Abs(grid.Round(value) - value), 2.4));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_no_number_is_refused(float value)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => RoundToNearest.Quantize([0, 1, 2, value], 2, 2, new QuantizationScheme()));

        Assert.Contains("row 1, column 1", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 16, "Bits")]
    [InlineData(4, 24, "does not divide")]
    [InlineData(4, 0, "does not divide")]
    public void A_scheme_that_does_not_fit_is_refused(int bits, int group, string reason)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => RoundToNearest.Quantize(new float[64], 1, 64, new QuantizationScheme { Bits = bits, GroupSize = group }));

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
