using System.Text.Json;
using Sparrow.Compression.Calibration;
using Xunit;

namespace Sparrow.Compression.Tests.Calibration;

public sealed class StatisticsTests
{
    [Fact]
    public void Squared_norms_equal_the_authors_scaler_row()
    {
        foreach (JsonElement item in GoldenVectors.Load("wanda.json").GetProperty("cases").EnumerateArray())
        {
            Compare(item.GetProperty("scaler_row").Floats(), TestLayer.Stored(item).SquaredNorms);
        }
    }

    [Fact]
    public void Sums_and_variances_equal_those_of_the_authors_code()
    {
        foreach (JsonElement item in GoldenVectors.Load("dsnot.json").GetProperty("cases").EnumerateArray())
        {
            ColumnStatistics statistics = TestLayer.Stored(item).Statistics.Channels;
            JsonElement stored = item.GetProperty("stats");
            Compare(stored.GetProperty("q").Floats(), statistics.SquaredNorms());
            Compare(stored.GetProperty("sum").Floats(), statistics.SequenceSums());
            Compare(stored.GetProperty("var").Floats(), statistics.Variances());
        }
    }

    [Fact]
    public void The_Hessian_and_its_factor_equal_those_of_the_authors_code()
    {
        foreach (JsonElement item in GoldenVectors.Load("sparsegpt.json").GetProperty("cases").EnumerateArray())
        {
            TestLayer layer = TestLayer.Stored(item);
            float[] expected = item.GetProperty("H").Floats();
            double[] gram = layer.Statistics.Gram();
            double largest = expected.Max();
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], gram[i] * layer.Statistics.HessianScale, 1e-5 * largest);
            }

            HessianFactor factor = layer.Factor();
            double[] diagonal = item.GetProperty("diag_cholesky_of_inverse").Doubles();
            for (int column = 0; column < diagonal.Length; column++)
            {
                Assert.Equal(1, factor.Upper[column * (layer.Columns + 1)] / diagonal[column], 1e-4);
            }
        }
    }

    [Fact]
    public void Magnitudes_are_the_means_of_the_absolute_inputs_over_all_tokens()
    {
        TestLayer layer = TestLayer.Random(4, 40, 41, sequences: 3, tokens: 50);
        float[] magnitudes = layer.Statistics.Channels.Magnitudes();
        for (int column = 0; column < 40; column++)
        {
            double sum = 0;
            for (int token = 0; token < 150; token++)
            {
                sum += Math.Abs(layer.Inputs[(token * 40) + column]);
            }

            Assert.Equal(sum / 150, magnitudes[column], 1e-5);
        }
    }

    [Fact]
    public void Batches_within_a_sequence_and_the_order_of_its_tokens_do_not_matter()
    {
        TestLayer layer = TestLayer.Random(4, 40, 40, sequences: 3, tokens: 50);
        LayerStatistics streamed = new(40, withGram: true);
        for (int sequence = 0; sequence < 3; sequence++)
        {
            foreach (float[] token in layer.Inputs.AsSpan(sequence * 2000, 2000).ToArray().Chunk(40).Reverse())
            {
                streamed.Add(token);
            }

            streamed.EndSequence();
        }

        Compare(layer.SquaredNorms, streamed.Channels.SquaredNorms());
        Compare(layer.Statistics.Channels.SequenceSums(), streamed.Channels.SequenceSums());
        Compare(layer.Statistics.Channels.Variances(), streamed.Channels.Variances());
        double[] gram = layer.Statistics.Gram();
        double[] other = streamed.Gram();
        for (int i = 0; i < gram.Length; i++)
        {
            Assert.Equal(gram[i], other[i], 1e-4);
        }
    }

    [Fact]
    public void The_diagonal_of_the_Hessian_is_twice_the_squared_norms()
    {
        TestLayer layer = TestLayer.Random(4, 70, 41);
        double[] gram = layer.Statistics.Gram();
        for (int column = 0; column < 70; column++)
        {
            Assert.Equal(1, gram[column * 71] * layer.Statistics.HessianScale / (2 * layer.SquaredNorms[column]), 1e-5);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(150)]
    public void The_factor_of_the_inverse_inverts_the_damped_Hessian(int columns)
    {
        TestLayer layer = TestLayer.Random(1, columns, 42);
        double[] gram = layer.Statistics.Gram();
        HessianFactor factor = layer.Factor();
        for (int i = 0; i < columns; i++)
        {
            // (UᵀU·H)_ij = δ_ij.
            double[] row = new double[columns];
            for (int k = 0; k <= i; k++)
            {
                for (int j = k; j < columns; j++)
                {
                    row[j] += (double)factor.Upper[(k * columns) + i] * factor.Upper[(k * columns) + j];
                }
            }

            for (int j = 0; j < columns; j++)
            {
                double sum = row[j] * factor.Shift;
                for (int k = 0; k < columns; k++)
                {
                    sum += row[k] * gram[(k * columns) + j] * layer.Statistics.HessianScale;
                }

                Assert.Equal(i == j ? 1 : 0, sum, 1e-4);
                Assert.True(j >= i || factor.Upper[(i * columns) + j] == 0);
            }
        }
    }

    [Fact]
    public void A_singular_Hessian_gets_more_damping_and_NaN_gets_none()
    {
        double[] singular = [1, 1, 1, 1];
        HessianFactor? factor = HessianFactor.TryCreate(singular, 2, 1, damping: 0);
        Assert.NotNull(factor);
        Assert.True(factor.Damping > 0);
        Assert.Null(HessianFactor.TryCreate([double.NaN, 0, 0, 1], 2, 1));
        Assert.Null(HessianFactor.TryCreate([1, 100, 100, 1], 2, 1));
    }

    [Fact]
    public void Non_finite_activations_are_named()
    {
        ColumnStatistics statistics = new(3);
        statistics.Add([1, 2, float.NaN, 1, float.PositiveInfinity, 0]);
        statistics.EndSequence();
        Assert.Equal(1, statistics.FirstNonFiniteColumn);
        Assert.Throws<InvalidOperationException>(() => new ColumnStatistics(3).SquaredNorms());
    }

    private static void Compare(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], (1e-5 * Math.Abs(expected[i])) + 1e-5);
        }
    }
}
