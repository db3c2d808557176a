using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Models.Layers;

public sealed unsafe class LowRankCorrectionTests
{
    [Theory]
    [InlineData(16, 32, 1)]
    [InlineData(50, 130, 3)]
    [InlineData(70, 96, 33)]
    public void A_layer_adds_the_product_of_its_factors_for_one_token_as_for_many(int rows, int columns, int rank)
    {
        const int Tokens = 70;
        Random random = new(rows);
        using DenseMatrix weight = Fill(new DenseMatrix(rows, columns, DenseElement.F32), random);
        using DenseMatrix a = Fill(new DenseMatrix(rank, columns, DenseElement.F32), random);
        using DenseMatrix b = Fill(new DenseMatrix(rows, rank, DenseElement.F32), random);
        CorrectedMatrix corrected = new(weight, a, b);
        float[] bias = [.. Enumerable.Range(0, rows).Select(_ => random.NextSingle())];
        using ActivationBuffer input = new(Tokens, columns);
        using ActivationBuffer output = new(Tokens, rows);
        using ActivationBuffer alone = new(1, rows);
        for (int token = 0; token < Tokens; token++)
        {
            for (int column = 0; column < columns; column++)
            {
                input.Row(token)[column] = random.NextSingle() - 0.5f;
            }
        }

        using WorkerPool pool = new(2);
        using Linear linear = new(corrected, bias, KernelSet.Best, pool, int8Activations: true);
        linear.Forward(input, output, Tokens);
        float[] row = new float[columns];
        for (int token = 0; token < Tokens; token++)
        {
            linear.Forward(input, token, 1, alone.Row(0), alone.Stride);
            for (int i = 0; i < rows; i++)
            {
                corrected.ExpandRow(i, row);
                double expected = bias[i];
                for (int column = 0; column < columns; column++)
                {
                    expected += (double)row[column] * input.Row(token)[column];
                }

                // Sums of a hundred products of numbers below a half, and of factors below a quarter.
                Assert.Equal(expected, output.Row(token)[i], 2e-5);
                Assert.Equal(output.Row(token)[i], alone.Row(0)[i]);
            }

            for (int i = rows; i < output.Stride; i++)
            {
                Assert.Equal(0f, output.Row(token)[i]);
            }
        }
    }

    [Fact]
    public void Factors_of_another_shape_are_refused()
    {
        using DenseMatrix weight = new(16, 32, DenseElement.F32);
        using DenseMatrix a = new(4, 32, DenseElement.F32);
        using DenseMatrix b = new(16, 5, DenseElement.F32);
        Assert.Throws<ArgumentException>(() => new CorrectedMatrix(weight, a, b));
    }

    private static DenseMatrix Fill(DenseMatrix matrix, Random random)
    {
        float[] row = new float[matrix.Columns];
        for (int i = 0; i < matrix.Rows; i++)
        {
            foreach (ref float value in row.AsSpan())
            {
                value = random.NextSingle() - 0.5f;
            }

            matrix.SetRow(i, MemoryMarshal.AsBytes(row.AsSpan()));
        }

        return matrix;
    }
}
