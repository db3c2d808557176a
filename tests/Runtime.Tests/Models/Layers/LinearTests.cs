using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;
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

    [Theory]
    [InlineData(256)]
    [InlineData(600)]
    public void A_job_takes_long_sequences_in_pieces_to_the_same_bits(int tokens)
    {
        const int Rows = 40;
        const int Columns = 70;
        Random random = new(tokens);
        using DenseMatrix weights = new(Rows, Columns, DenseElement.F32);
        for (int row = 0; row < Rows; row++)
        {
            float[] values = [.. Enumerable.Range(0, Columns).Select(_ => random.NextSingle() - 0.5f)];
            weights.SetRow(row, MemoryMarshal.AsBytes(values.AsSpan()));
        }

        using ActivationBuffer input = new(tokens, Columns);
        using ActivationBuffer served = new(tokens, Rows);
        using ActivationBuffer compressed = new(tokens, Rows);
        for (int token = 0; token < tokens; token++)
        {
            for (int column = 0; column < Columns; column++)
            {
                input.Row(token)[column] = random.NextSingle() - 0.5f;
            }
        }

        using WorkerPool pool = new(2);
        Linear linear = new(weights, new float[Rows], KernelSet.Best, pool, int8Activations: false);
        linear.Forward(input, served, tokens);
        linear.Forward(input, compressed, tokens, WorkerLane.Compression);
        for (int token = 0; token < tokens; token++)
        {
            Assert.Equal(new ReadOnlySpan<float>(served.Row(token), Rows), new ReadOnlySpan<float>(compressed.Row(token), Rows));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(33)]
    public void Forward_allocates_nothing(int tokens)
    {
        using GroupedIntegerMatrix weights = new(200, 96, 4, 32, 8, hasMinimum: false);
        using ActivationBuffer input = new(tokens, 96);
        using ActivationBuffer output = new(tokens, 200);
        using WorkerPool pool = new(2);
        Linear linear = new(weights, new float[200], KernelSet.Best, pool, int8Activations: true);
        linear.Forward(input, output, tokens);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 50; round++)
        {
            input.MarkWritten();
            linear.Forward(input, output, tokens);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Int8_rows_follow_the_floats_once_they_are_marked_as_written()
    {
        using ActivationBuffer input = new(4, 40);
        using WorkerPool pool = new(1);
        input.Row(2)[0] = 1;
        Assert.Equal(127, input.Int8(2, 1, KernelSet.Best, pool).Codes[0]);
        input.Row(2)[0] = -1;
        input.Row(3)[39] = 2;
        input.MarkWritten();
        Int8Rows rows = input.Int8(2, 2, KernelSet.Best, pool);
        Assert.Equal(-127, rows.Codes[0]);
        Assert.Equal(127, rows.From(1).Codes[39]);
        Assert.Equal(2f / 127, rows.From(1).Scales[1]);
    }

    [Fact]
    public void Nothing_is_written_behind_the_last_row()
    {
        using DenseMatrix weights = new(19, 32, DenseElement.F32);
        using ActivationBuffer input = new(3, 32);
        using WorkerPool pool = new(1);
        using GuardedMemory logits = new(((2 * 21) + 19) * sizeof(float));
        float* y = (float*)logits.Pointer;
        new Span<float>(y, (2 * 21) + 19).Fill(7);
        new Linear(weights, null, KernelSet.Best, pool, int8Activations: false).Forward(input, 0, 3, y, 21);
        Assert.Equal([0f, 7f, 7f, 0f, 0f], new ReadOnlySpan<float>(y + 18, 5).ToArray());
        Assert.Equal(0f, y[(2 * 21) + 18]);
    }

    [Fact]
    public void Tokens_from_the_middle_of_a_batch_give_the_bits_they_give_at_its_start()
    {
        Random random = new(3);
        using GroupedIntegerMatrix weights = new(64, 64, 8, 32, 128, hasMinimum: false);
        byte[] codes = new byte[64];
        for (int row = 0; row < 64; row++)
        {
            random.NextBytes(codes);
            weights.SetRow(row, codes, [0x2c00, 0x3000], []);
        }

        using ActivationBuffer input = new(40, 64);
        for (int i = 0; i < 40 * 64; i++)
        {
            input.Row(i / 64)[i % 64] = random.NextSingle();
        }

        using WorkerPool pool = new(2);
        using ActivationBuffer all = new(40, 64);
        Linear linear = new(weights, null, KernelSet.Best, pool, int8Activations: true);
        linear.Forward(input, all, 40);
        float* one = stackalloc float[64];
        linear.Forward(input, 37, 1, one, 64);
        Assert.Equal(new ReadOnlySpan<float>(all.Row(37), 64).ToArray(), new ReadOnlySpan<float>(one, 64).ToArray());
        input.MarkWritten();
        linear.Forward(input, 37, 1, one, 64);
        Assert.Equal(new ReadOnlySpan<float>(all.Row(37), 64).ToArray(), new ReadOnlySpan<float>(one, 64).ToArray());
    }
}
