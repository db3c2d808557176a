using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Models.Layers;

public sealed unsafe class LinearTests
{
    [Theory]
    [InlineData(16, 32, 1)]
    [InlineData(20, 40, 3)]
    [InlineData(50, 130, 70)]
    public void Output_is_the_product_plus_the_bias_and_its_padding_stays_zero(int rows, int columns, int tokens)
    {
        Random random = new(rows);
        using DenseMatrix weights = new(rows, columns, DenseElement.F32);
        float[][] expanded = new float[rows][];
        for (int row = 0; row < rows; row++)
        {
            expanded[row] = [.. Enumerable.Range(0, columns).Select(_ => random.NextSingle() - 0.5f)];
            weights.SetRow(row, MemoryMarshal.AsBytes(expanded[row].AsSpan()));
        }

        float[] bias = [.. Enumerable.Range(0, rows).Select(_ => random.NextSingle())];
        using ActivationBuffer input = new(tokens, columns);
        using ActivationBuffer output = new(tokens, rows);
        for (int token = 0; token < tokens; token++)
        {
            for (int column = 0; column < columns; column++)
            {
                input.Row(token)[column] = random.NextSingle() - 0.5f;
            }
        }

        Linear linear = new(weights, bias, KernelSet.Best, new WorkerPool(2), int8Activations: true);
        linear.Forward(input, output, tokens);
        for (int token = 0; token < tokens; token++)
        {
            for (int row = 0; row < rows; row++)
            {
                double expected = bias[row];
                for (int column = 0; column < columns; column++)
                {
                    expected += (double)expanded[row][column] * input.Row(token)[column];
                }

                Assert.Equal(expected, output.Row(token)[row], 1e-5);
            }

            for (int row = rows; row < output.Stride; row++)
            {
                Assert.Equal(0f, output.Row(token)[row]);
            }
        }
    }
}
