using System.Text.Json;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Tests.Quantization;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class EoraTests
{
    private const int Rows = 40;
    private const int Columns = 64;

    private readonly float[] _weights = VectorFile.Random(31, Rows * Columns);
    private readonly double[] _gram = VectorFile.Gram(VectorFile.Tokens(32, 200, Columns), Columns);

    [Fact]
    public void The_correction_and_its_errors_equal_the_authors_program()
    {
        foreach (JsonElement vector in VectorFile.Read("eora.json").GetProperty("cases").EnumerateArray())
        {
            int[] shape = vector.Shape("W");
            float[] weights = vector.Floats("W");
            float[] compressed = vector.Floats("W_compressed");
            double[] used = vector.Doubles("G_used");
            double[] gram = VectorFile.Gram(vector.Floats("X"), shape[1]);
            foreach (JsonElement result in vector.GetProperty("results").EnumerateArray())
            {
                int rank = result.GetProperty("rank").GetInt32();
                bool isFullRank = rank == Math.Min(shape[0], shape[1]);

                EoraFactors factors = Eora.Compute(weights, compressed, shape[0], shape[1], used, rank);

                float[] expected = result.Floats("BA");
                float[] product = factors.Merge(new float[expected.Length]);
                double norm = Math.Sqrt(expected.Sum(value => (double)value * value));
                double difference = Math.Sqrt(expected.Zip(product, (a, b) => (double)(a - b) * (a - b)).Sum());
                Assert.InRange(difference, 0, 1e-4 * norm);
                double before = result.GetProperty("error_on_X_uncompensated").GetDouble();
                double onInputs = VectorFile.WeightedError(weights, factors.Merge(compressed), gram, shape[1]);
                double plain = Eora.Compute(weights, compressed, shape[0], shape[1], gram, rank).ErrorAfter;
                if (isFullRank)
                {
                    Assert.InRange(factors.ErrorAfter, 0, 1e-6 * factors.ErrorBefore);
                    continue;
                }

                AssertRelative(result.GetProperty("error_G_used").GetDouble(), factors.ErrorAfter, 1e-3);
                AssertRelative(result.GetProperty("error_on_X").GetDouble(), onInputs, 1e-3);
                AssertRelative(result.GetProperty("error_on_X_optimum_plain_sum").GetDouble(), plain, 1e-3);
                Assert.InRange(plain, 0, Math.Min(before, result.GetProperty("error_on_X_svd_baseline").GetDouble()) * 1.001);
                JsonElement[] singular = [.. result.GetProperty("singular_values").EnumerateArray()];
                Assert.All(
                    Enumerable.Range(0, rank), i => AssertRelative(singular[i].GetDouble(), factors.SingularValues[i], 1e-3));
            }
        }
    }

    [Fact]
    public void The_error_falls_with_the_rank_by_the_squares_of_the_singular_values()
    {
        float[] compressed = Compressed(_weights, Rows, Columns);
        double last = double.PositiveInfinity;
        foreach (int rank in (int[])[1, 2, 5, 10, 20, 39, 40])
        {
            EoraFactors factors = Eora.Compute(_weights, compressed, Rows, Columns, _gram, rank);

            double expected = factors.ErrorBefore - factors.SingularValues.Sum(value => value * value);
            Assert.Equal(expected, factors.ErrorAfter, 1e-5 * factors.ErrorBefore);
            Assert.Equal(factors.ErrorAfter, VectorFile.WeightedError(_weights, factors.Merge(compressed), _gram, Columns), 1e-5 * factors.ErrorBefore);
            Assert.True(factors.ErrorAfter < last, $"Rank {rank}: {factors.ErrorAfter} after {last}.");
            last = factors.ErrorAfter;
        }

        Assert.InRange(last, 0, 1e-6 * VectorFile.WeightedError(_weights, compressed, _gram, Columns));
    }

    [Fact]
    public void Dead_channels_and_few_tokens_need_no_special_care()
    {
        float[] tokens = VectorFile.Tokens(33, 10, Columns);
        for (int first = 0; first < tokens.Length; first += Columns)
        {
            tokens[first + 3] = 0;
        }

        double[] gram = VectorFile.Gram(tokens, Columns);

        EoraFactors factors = Eora.Compute(_weights, Compressed(_weights, Rows, Columns), Rows, Columns, gram, 16);

        // Ten tokens span ten directions, so a rank of 16 explains all of the error.
        Assert.All(factors.A.Concat(factors.B), value => Assert.True(float.IsFinite(value)));
        Assert.InRange(factors.ErrorAfter, 0, 1e-6 * factors.ErrorBefore);
    }

    [Fact]
    public void A_matrix_that_lost_nothing_gets_no_correction()
    {
        EoraFactors factors = Eora.Compute(_weights, _weights, Rows, Columns, _gram, 4);

        Assert.All(factors.Merge(new float[_weights.Length]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_large_matrix_loses_as_little_as_with_all_of_its_eigenvectors()
    {
        const int Size = 256;
        const int Rank = 12;
        float[] weights = VectorFile.Random(34, Size * Columns);
        double[] gram = VectorFile.Gram(VectorFile.Tokens(35, 200, Columns), Columns);
        float[] compressed = Compressed(weights, Size, Columns);

        EoraFactors factors = Eora.Compute(weights, compressed, Size, Columns, gram, Rank);

        double[] error = [.. weights.Zip(compressed, (a, b) => (double)a - b)];
        double[] full = new double[Size * Size];
        for (int i = 0; i < Size; i++)
        {
            double[] weighted = [.. Enumerable.Range(0, Columns).Select(c => DenseKernels.Dot<double>(gram.AsSpan(c * Columns, Columns), error.AsSpan(i * Columns, Columns)))];
            for (int j = 0; j < Size; j++)
            {
                full[(i * Size) + j] = DenseKernels.Dot<double>(weighted, error.AsSpan(j * Columns, Columns));
            }
        }

        double[] values = SymmetricEigen.Decompose(full, Size);
        double optimum = factors.ErrorBefore - values.Take(Rank).Sum();
        Assert.InRange(factors.ErrorAfter, optimum * 0.9999, optimum * 1.001);
    }

    [Fact]
    public void Eigenvectors_rebuild_their_matrix()
    {
        const int Size = 50;
        float[] tokens = VectorFile.Tokens(36, 30, Size);
        double[] matrix = VectorFile.Gram(tokens, Size);
        double[] vectors = [.. matrix];

        double[] values = SymmetricEigen.Decompose(vectors, Size);

        double scale = values[0];
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < Size; j++)
            {
                double rebuilt = Enumerable.Range(0, Size).Sum(k => values[k] * vectors[(k * Size) + i] * vectors[(k * Size) + j]);
                Assert.Equal(matrix[(i * Size) + j], rebuilt, 1e-12 * scale);
                double dot = DenseKernels.Dot<double>(vectors.AsSpan(i * Size, Size), vectors.AsSpan(j * Size, Size));
                Assert.Equal(i == j ? 1 : 0, dot, 1e-12);
            }
        }

        Assert.All(values.Skip(30), value => Assert.Equal(0, value, 1e-11 * scale));
        Assert.Equal(values.OrderDescending(), values);
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);
        float[] compressed = Compressed(_weights, Rows, Columns);

        EoraFactors alone = Eora.Compute(_weights, compressed, Rows, Columns, _gram, 8, one);
        EoraFactors shared = Eora.Compute(_weights, compressed, Rows, Columns, _gram, 8, three);

        Assert.Equal(alone.A, shared.A);
        Assert.Equal(alone.B, shared.B);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(41)]
    public void A_rank_beyond_the_matrix_is_refused(int rank)
    {
        Assert.Throws<ArgumentException>(() => Eora.Compute(_weights, _weights, Rows, Columns, _gram, rank));
    }

    private static float[] Compressed(float[] weights, int rows, int columns) =>
        RoundToNearest.Quantize(weights, rows, columns, new QuantizationScheme { Bits = 2 }).Dequantize();

    private static void AssertRelative(double expected, double actual, double tolerance) =>
        Assert.InRange(actual, expected * (1 - tolerance), expected * (1 + tolerance));
}
