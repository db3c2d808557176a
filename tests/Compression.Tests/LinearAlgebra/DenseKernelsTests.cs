using Sparrow.Compression.LinearAlgebra;
using Xunit;

namespace Sparrow.Compression.Tests.LinearAlgebra;

public sealed class DenseKernelsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 17, 5)]
    [InlineData(4, 32, 128)]
    [InlineData(37, 70, 129)]
    [InlineData(64, 100, 300)]
    public void Products_equal_plain_loops_either_way_round(int rows, int columns, int depth)
    {
        Random random = new(60);
        double[] a = [.. TestLayer.Draw(random, rows * depth).Select(value => (double)value)];
        double[] b = [.. TestLayer.Draw(random, depth * columns).Select(value => (double)value)];
        double[] start = [.. TestLayer.Draw(random, rows * columns).Select(value => (double)value)];
        double[] sum = [.. start];
        double[] difference = [.. start];
        DenseKernels.Accumulate<double>(a, depth, 1, b, columns, sum, columns, rows, columns, depth, subtract: false);
        DenseKernels.Accumulate<double>(a, 1, rows, b, columns, difference, columns, rows, columns, depth, subtract: true);

        float[] single = new float[rows * columns];
        DenseKernels.Accumulate<float>(
            Array.ConvertAll(a, value => (float)value), depth, 1, Array.ConvertAll(b, value => (float)value), columns, single, columns, rows, columns,
            depth, subtract: false);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double straight = 0;
                double transposed = 0;
                for (int k = 0; k < depth; k++)
                {
                    straight += a[(i * depth) + k] * b[(k * columns) + j];
                    transposed += a[(k * rows) + i] * b[(k * columns) + j];
                }

                // 1e-12 and 1e-3 stand far above the rounding of 300 terms of size 1 in double and float.
                int index = (i * columns) + j;
                Assert.Equal(start[index] + straight, sum[index], 1e-12 * depth);
                Assert.Equal(start[index] - transposed, difference[index], 1e-12 * depth);
                Assert.Equal(straight, single[index], 1e-3);
            }
        }
    }

    [Fact]
    public void An_output_does_not_depend_on_the_tile_it_is_computed_in()
    {
        Random random = new(61);
        float[] a = TestLayer.Draw(random, 40 * 200);
        float[] b = TestLayer.Draw(random, 200 * 90);
        float[] whole = new float[40 * 90];
        float[] parts = new float[40 * 90];
        DenseKernels.Accumulate<float>(a, 200, 1, b, 90, whole, 90, 40, 90, 200, subtract: false);
        foreach ((int row, int rows) in ((int, int)[])[(0, 7), (7, 33)])
        {
            foreach ((int column, int columns) in ((int, int)[])[(0, 41), (41, 49)])
            {
                DenseKernels.Accumulate<float>(
                    a.AsSpan(row * 200), 200, 1, b.AsSpan(column), 90, parts.AsSpan((row * 90) + column), 90, rows, columns, 200, subtract: false);
            }
        }

        Assert.Equal(whole, parts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(131)]
    public void Dots_and_scaled_sums_equal_plain_loops(int length)
    {
        Random random = new(62);
        double[] x = [.. TestLayer.Draw(random, length).Select(value => (double)value)];
        double[] y = [.. TestLayer.Draw(random, length).Select(value => (double)value)];
        double[] expected = [.. y.Zip(x, (b, a) => b + (0.5 * a))];
        Assert.Equal(x.Zip(y, (a, b) => a * b).Sum(), DenseKernels.Dot<double>(x, y), 1e-10);
        DenseKernels.AddScaled<double>(x, 0.5, y);
        Assert.All(Enumerable.Range(0, length), i => Assert.Equal(expected[i], y[i], 1e-12));
    }
}
