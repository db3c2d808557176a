using System.Buffers.Binary;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Kernels;

public sealed unsafe class MatMulTests
{
    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    public static TheoryData<string, bool> Products
    {
        get
        {
            TheoryData<string, bool> products = [];
            foreach (string format in PanelCase.Formats)
            {
                products.Add(format, false);
                if (format[0] == 'q')
                {
                    products.Add(format, true);
                }
            }

            return products;
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Scalar_product_lies_within_rounding_of_the_exact_one(string format, bool int8)
    {
        foreach ((int rows, int columns) in new[] { (16, 32), (7, 33), (33, 200), (16, 576) })
        {
            using PanelCase testCase = new(format, rows, columns, 3, columns);
            float[] y = testCase.Multiply(KernelSet.Reference, format, int8);
            int stride = testCase.PanelCount * PanelMatrix.PanelRows;
            for (int token = 0; token < testCase.TokenCount; token++)
            {
                for (int row = 0; row < rows; row++)
                {
                    double exact = 0;
                    double magnitude = 0;
                    for (int column = 0; column < columns; column++)
                    {
                        double x = Activation(testCase, token, column, int8);
                        exact += testCase.Expanded[row][column] * x;

                        // A code's distance from zero counts in full, though the minimum may bring the weight back to nothing.
                        magnitude += (Math.Abs((double)testCase.Expanded[row][column]) + (int8 ? Span(testCase) : 0)) * Math.Abs(x);
                    }

                    double bound = int8 ? Tolerances.MatMulInt8(columns, magnitude) : Tolerances.MatMul(columns, magnitude);
                    Assert.Equal(exact, y[(token * stride) + row], bound);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Every_set_gives_the_scalar_bits_at_every_width(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach ((string format, bool int8) in AllProducts())
        {
            for (int columns = 1; columns <= 257; columns += columns < 70 ? 8 : 47)
            {
                AssertEqualToScalar(kernels, format, int8, 20, columns, 1);
                AssertEqualToScalar(kernels, format, int8, 33, columns, 4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Every_set_gives_the_scalar_bits_at_every_token_count(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach ((string format, bool int8) in AllProducts())
        {
            using PanelCase testCase = new(format, 33, 288, 70, 5);
            float[] expected = testCase.Multiply(KernelSet.Reference, format, int8);
            int stride = testCase.PanelCount * PanelMatrix.PanelRows;
            for (int tokens = 1; tokens <= 70; tokens += tokens < 20 ? 1 : 10)
            {
                // The same tokens in another batch, beginning elsewhere, give the same bits.
                int first = 70 - tokens;
                AssertSameBits(
                    expected.AsSpan(first * stride, tokens * stride),
                    testCase.Multiply(kernels, format, int8, first, tokens),
                    $"{name} {format} int8={int8} tokens={tokens}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Every_set_gives_the_scalar_bits_for_real_shapes(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        AssertEqualToScalar(kernels, "q4_1", true, 192, 576, 2);
        AssertEqualToScalar(kernels, "q4_1", true, 576, 1536, 1);
        AssertEqualToScalar(kernels, "q8_0", true, 1536, 576, 1);
        AssertEqualToScalar(kernels, "q4_k", true, 192, 768, 2);
        AssertEqualToScalar(kernels, "q6_k", true, 576, 1536, 1);
        AssertEqualToScalar(kernels, "q4_t16", true, 192, 576, 2);
        AssertEqualToScalar(kernels, "q4_1", false, 192, 576, 2);
        AssertEqualToScalar(kernels, "bf16", false, 192, 576, 2);
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Largest_codes_and_activations_do_not_overflow(string name)
    {
        // All codes at their largest, all activations at ±127: what the running sums of 16 bits have to hold.
        KernelSet kernels = KernelSet.Select(name);
        foreach (string format in new[] { "q4_0", "q8_0", "q8_g16", "q4_t16", "q4_t32", "q4_k", "q5_k", "q6_k" })
        {
            for (int tokens = 1; tokens <= 2; tokens++)
            {
                using PanelCase testCase = new(format, 16, 256, tokens, 1);
                long codeBytes = format.EndsWith('k') ? 256 * 16 / 8 * (format[1] - '0') : testCase.Panels.PanelBytes;
                new Span<byte>(testCase.Panels.Values, (int)codeBytes).Fill(0xff);
                for (int i = 0; i < tokens * 256; i++)
                {
                    testCase.X[i] = i < 128 ? 1 : -1;
                }

                ScalarKernels.QuantizeActivations(
                    testCase.X, tokens * 8, testCase.Int8.Codes, testCase.Int8.Scales, testCase.Int8.Sums, testCase.Int8.ScaledSums);
                AssertSameBits(
                    testCase.Multiply(KernelSet.Reference, format, int8: true),
                    testCase.Multiply(kernels, format, int8: true),
                    $"{name} {format} tokens={tokens}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Special_halves_expand_exactly(string name)
    {
        // A fifth of all 65,536 halves, those of both places in a lane among them: a token that is one in a single column
        // brings that column's weights out as they are.
        KernelSet kernels = KernelSet.Select(name);
        const int Rows = 2048;
        const int Columns = 32;
        using DenseMatrix matrix = new(Rows, Columns, DenseElement.F16);
        byte[] bytes = new byte[Columns * 2];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(column * 2), (ushort)((row * Columns) + column));
            }

            matrix.SetRow(row, bytes);
        }

        float* x = stackalloc float[Columns];
        float[] y = new float[Rows];
        fixed (float* output = y)
        {
            // Rows of 32 neighbouring numbers are finite as a whole or not at all. Infinity times zero in another column makes the sum undefined;
            // single infinities are the next test's.
            for (int column = 0; column < Columns; column += 5)
            {
                new Span<float>(x, Columns).Clear();
                x[column] = 1;
                kernels.MatMulF16(matrix.Panels, 0, Rows / PanelMatrix.PanelRows, x, Columns, 1, output, Rows);
                for (int row = 0; row < Rows; row++)
                {
                    float value = (float)BitConverter.UInt16BitsToHalf((ushort)((row * Columns) + column));
                    if (float.IsFinite(value))
                    {
                        Assert.Equal(value, y[row]);
                    }
                    else
                    {
                        Assert.True(float.IsNaN(y[row]), "A row with infinities times zeros is not a number.");
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Infinite_and_undefined_weights_reach_the_result(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach (string format in new[] { "f16", "bf16", "f32" })
        {
            using PanelCase testCase = new(format, 16, 32, 2, 1);
            for (int i = 0; i < 16; i++)
            {
                // Row i, column 0: the low half of the lane, or all of it.
                uint* lane = (uint*)testCase.Panels.Values + i;
                uint infinity = format switch { "f16" => 0x7c00, "bf16" => 0x7f80, _ => 0x7f800000 };
                uint sign = i % 2 == 0 ? 0 : (format == "f32" ? 0x80000000 : 0x8000);
                *lane = (format == "f32" ? 0 : *lane & 0xffff0000) | infinity | sign;
            }

            testCase.X[0] = 2;
            testCase.X[testCase.Panels.Columns] = float.NaN;
            float[] y = testCase.Multiply(kernels, format, int8: false);
            for (int row = 0; row < 16; row++)
            {
                Assert.Equal(row % 2 == 0 ? float.PositiveInfinity : float.NegativeInfinity, y[row]);
                Assert.True(float.IsNaN(y[16 + row]), "A token that is not a number gives none.");
            }
        }
    }

    private static IEnumerable<(string Format, bool Int8)> AllProducts() =>
        PanelCase.Formats.SelectMany(format => format[0] == 'q' ? new[] { (format, false), (format, true) } : [(format, false)]);

    private static void AssertEqualToScalar(KernelSet kernels, string format, bool int8, int rows, int columns, int tokens)
    {
        using PanelCase testCase = new(format, rows, columns, tokens, (rows * 1000) + columns);
        AssertSameBits(
            testCase.Multiply(KernelSet.Reference, format, int8),
            testCase.Multiply(kernels, format, int8),
            $"{kernels.Name} {format} int8={int8} {rows}x{columns} tokens={tokens}");
    }

    private static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToUInt32Bits(expected[i]) == BitConverter.SingleToUInt32Bits(actual[i]),
                $"{what}: value {i} is {actual[i]:R}, the scalar set has {expected[i]:R}.");
        }
    }

    private static double Activation(PanelCase testCase, int token, int column, bool int8)
    {
        int stride = testCase.Panels.Columns;
        return int8
            ? (double)testCase.Int8.Scales[(token * (stride / 32)) + (column / 32)] * testCase.Int8.Codes[(token * stride) + column]
            : testCase.X[(token * stride) + column];
    }

    // Scales are at most a half in magnitude.
    private static double Span(PanelCase testCase) => 0.5 * testCase.MaxCode;
}
