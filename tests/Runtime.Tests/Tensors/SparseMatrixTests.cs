using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Tests.Kernels;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Tensors;

public sealed unsafe class SparseMatrixTests
{
    [Theory]
    [InlineData("bf16")]
    [InlineData("int8-g32")]
    [InlineData("int8-g64")]
    [InlineData("int4-g32")]
    [InlineData("int4-g64")]
    public void Rows_expand_to_those_of_the_dense_matrix(string format)
    {
        foreach ((int rows, int columns) in new[] { (1, 1), (15, 64), (40, 257) })
        {
            foreach (int zeroPercent in new[] { 0, 50, 100 })
            {
                using WeightMatrix dense = Dense(format, rows, columns, zeroPercent);
                using SparseMatrix sparse = Pack(dense);
                float[] expected = new float[columns];
                float[] actual = new float[columns];
                for (int row = 0; row < rows; row++)
                {
                    dense.ExpandRow(row, expected);
                    sparse.ExpandRow(row, actual);
                    Assert.Equal(expected, actual);
                }
            }
        }
    }

    [Theory]
    [InlineData("bf16", 2)]
    [InlineData("int8-g32", 1)]
    public void Bytes_are_masks_offsets_scales_and_what_is_kept(string format, int elementBytes)
    {
        // 3 panels, 2 blocks a panel: a mask word a row and block, 4 bytes where a block begins, 8 where a panel does, 64 to read ahead.
        using WeightMatrix dense = Dense(format, 40, 64, 60);
        using SparseMatrix sparse = Pack(dense);
        int kept = Kept(dense);
        Assert.Equal(kept, sparse.KeptCount);
        Assert.Equal("bitmap-" + format, sparse.Format);
        long scales = format == "bf16" ? 0 : 3 * 2 * 16 * 2;
        Assert.Equal((kept * elementBytes) + 64 + (3 * 2 * 16 * 4) + (3 * 2 * 4) + (3 * 8) + scales, sparse.Bytes);
    }

    [Fact]
    public void Two_of_four_takes_half_the_codes_and_a_bit_a_weight()
    {
        // 4-bit codes of both halves of a block are equally many here, so no half byte is lost.
        foreach ((string format, int valueBytes, int scaleBytes) in new[] { ("bf16", 128 * 64, 0), ("int8-g32", 64 * 64, 512), ("int4-g32", 32 * 64, 512) })
        {
            using WeightMatrix dense = Dense(format, 64, 128, -1);
            using SparseMatrix sparse = Pack(dense);
            Assert.Equal(valueBytes + 64 + 1024 + (16 * 4) + (4 * 8) + scaleBytes, sparse.Bytes);
        }
    }

    [Fact]
    public void Padding_takes_no_values()
    {
        using WeightMatrix dense = Dense("int8-g32", 1, 1, 0);
        using SparseMatrix sparse = Pack(dense);
        Assert.Equal(1, sparse.KeptCount);
    }

    [Fact]
    public void What_has_no_code_for_zero_is_refused()
    {
        using DenseMatrix halves = new(4, 32, DenseElement.F16);
        using GroupedIntegerMatrix minimums = new(4, 32, 4, 32, 0, hasMinimum: true);
        using GroupedIntegerMatrix narrow = new(4, 32, 8, 16, 128, hasMinimum: false);
        using DenseMatrix wide = new(1, SparseMatrix.MaxColumns + 1, DenseElement.BF16);
        Assert.Throws<ArgumentException>(() => SparseMatrix.FromDense(halves));
        Assert.Throws<ArgumentException>(() => SparseMatrix.FromDense(minimums));
        Assert.Throws<ArgumentException>(() => SparseMatrix.FromDense(narrow));
        Assert.Throws<ArgumentException>(() => SparseMatrix.FromDense(wide));
    }

    [Theory]
    [InlineData("bf16", false)]
    [InlineData("int8-g32", false)]
    [InlineData("int8-g32", true)]
    [InlineData("int4-g64", false)]
    [InlineData("int4-g64", true)]
    public void A_linear_layer_gives_the_dense_bits_on_two_threads(string format, bool int8)
    {
        using WeightMatrix dense = Dense(format, 200, 130, 60);
        using SparseMatrix sparse = Pack(dense);
        using WorkerPool pool = new(2);
        using ActivationBuffer input = new(5, 130);
        using ActivationBuffer expected = new(5, 200);
        using ActivationBuffer actual = new(5, 200);
        Random random = new(4);
        for (int token = 0; token < 5; token++)
        {
            for (int column = 0; column < 130; column++)
            {
                input.Row(token)[column] = random.NextSingle() - 0.5f;
            }
        }

        foreach (KernelSet kernels in KernelSet.Available)
        {
            foreach (int tokens in new[] { 1, 5 })
            {
                input.MarkWritten();
                new Linear(dense, null, kernels, pool, int8).Forward(input, expected, tokens);
                new Linear(sparse, null, kernels, pool, int8).Forward(input, actual, tokens);
                for (int token = 0; token < tokens; token++)
                {
                    Assert.Equal(new ReadOnlySpan<float>(expected.Row(token), 200), new ReadOnlySpan<float>(actual.Row(token), 200));
                }
            }
        }
    }

    private static int Kept(WeightMatrix dense)
    {
        float[] row = new float[dense.Columns];
        int kept = 0;
        for (int i = 0; i < dense.Rows; i++)
        {
            dense.ExpandRow(i, row);
            kept += row.Count(value => value != 0);
        }

        return kept;
    }

    private static WeightMatrix Dense(string format, int rows, int columns, int zeroPercent)
    {
        Random random = new(rows + columns);
        return format == "bf16"
            ? SparseSamples.BF16(rows, columns, zeroPercent, random)
            : SparseSamples.Grouped(rows, columns, format[3] - '0', int.Parse(format[6..], System.Globalization.CultureInfo.InvariantCulture), zeroPercent, random);
    }

    private static SparseMatrix Pack(WeightMatrix dense) =>
        dense is DenseMatrix plain ? SparseMatrix.FromDense(plain) : SparseMatrix.FromDense((GroupedIntegerMatrix)dense);
}
