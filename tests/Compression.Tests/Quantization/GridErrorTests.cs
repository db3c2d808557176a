using Sparrow.Compression.Quantization;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

public sealed class GridErrorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(77)]
    public void The_sum_is_that_of_powers_taken_one_by_one(int length)
    {
        float[] values = TestLayer.Draw(new Random(length), length);
        QuantizationScheme scheme = new() { Bits = 3 };
        QuantizationGrid grid = QuantizationGrid.Fit(values, scheme);
        double expected = values.Sum(value => Math.Pow(Math.Abs(grid.Round(value) - (double)value), 2.4));

        double sum = GridError.Sum(values, grid.Scale, grid.Zero, scheme.MaxCode);

        Assert.Equal(expected, sum, 1e-4 * expected);
    }

    [Fact]
    public void Values_on_the_grid_have_no_error() =>
        Assert.Equal(0, GridError.Sum([-1, 0, 0.5f, 2], 0.5f, 2, 15));
}
