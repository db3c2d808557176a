using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

public sealed class GptqTests
{
    private const int Rows = 40;
    private const int Columns = 192;
    private const int TokenCount = 512;

    private readonly float[] _weights = VectorFile.Random(11, Rows * Columns);
    private readonly double[] _gram = VectorFile.Gram(VectorFile.Tokens(12, TokenCount, Columns), Columns);

    public static TheoryData<int, int, bool, bool, QuantizationDialect> Variants() => new()
    {
        { 4, QuantizationScheme.WholeRow, false, false, QuantizationDialect.IntegerZeroWithRange },
        { 3, 64, false, false, QuantizationDialect.IntegerZeroWithRange },
        { 4, 32, true, false, QuantizationDialect.Symmetric },
        { 4, 32, true, true, QuantizationDialect.Symmetric },
        { 2, 64, true, true, QuantizationDialect.IntegerZeroWithRange },
        { 8, 64, false, true, QuantizationDialect.MinOffset },
    };

    [Fact]
    public void The_worked_row_comes_out_with_its_codes_and_error()
    {
        double[] hessian = [2, 1, 0, 0.5, 1, 2, 0.5, 0, 0, 0.5, 1, 0.25, 0.5, 0, 0.25, 1.5];
        float[] row = [0.9f, -0.4f, 0.3f, -1.2f];
        GptqOptions options = new() { Scheme = new QuantizationScheme { Bits = 2 } };
        GptqPlan plan = Plan(hessian, 4, 1);

        GptqResult result = Gptq.Quantize(row, 1, 4, plan, options);

        Assert.Equal(0.902732f, plan.Factor.Upper[0], 1e-5f);
        Assert.Equal(-0.534646f, plan.Factor.Upper[1], 1e-5f);
        Assert.Equal(0.7f, result.Matrix.Scales[0], 1e-6f);
        Assert.Equal(2, result.Matrix.Zeros[0]);
        Assert.Equal([3, 2, 2, 0], result.Matrix.Codes);
        Assert.Equal(0.172681, result.SquaredError / 2, 1e-5);
        Assert.Equal(0.34, VectorFile.WeightedError(row, result.Matrix.Dequantize(), hessian, 4), 1e-5);
        QuantizedMatrix rounded = RoundToNearest.Quantize(row, 1, 4, options.Scheme);
        Assert.Equal([3, 1, 2, 0], rounded.Codes);
        Assert.Equal(0.69, VectorFile.WeightedError(row, rounded.Dequantize(), hessian, 4), 1e-5);
    }

    [Fact]
    public void Inputs_that_do_not_depend_on_each_other_make_it_plain_rounding()
    {
        double[] gram = new double[Columns * Columns];
        for (int i = 0; i < Columns; i++)
        {
            gram[i * (Columns + 1)] = 1 + i;
        }

        QuantizationScheme scheme = new() { GroupSize = 32 };
        GptqResult result = Gptq.Quantize(_weights, Rows, Columns, Plan(gram, Columns, 1), new GptqOptions { Scheme = scheme });

        Assert.Equal(RoundToNearest.Quantize(_weights, Rows, Columns, scheme).Codes, result.Matrix.Codes);
    }

    [Theory, MemberData(nameof(Variants))]
    public void The_layers_output_error_is_below_that_of_plain_rounding(
        int bits, int group, bool activationOrder, bool staticGroups, QuantizationDialect dialect)
    {
        QuantizationScheme scheme = new() { Bits = bits, GroupSize = group, Dialect = dialect };
        GptqPlan plan = Plan(_gram, Columns, 2.0 / TokenCount, activationOrder);

        GptqResult result = Gptq.Quantize(
            _weights, Rows, Columns, plan, new GptqOptions { Scheme = scheme, StaticGroups = staticGroups });

        double rounded = Error(RoundToNearest.Quantize(_weights, Rows, Columns, scheme));
        Assert.InRange(Error(result.Matrix), 0, rounded * 0.8);
        Assert.Equal(activationOrder && !staticGroups, result.Matrix.GroupIndex is not null);
    }

    [Fact]
    public void The_sum_of_squared_errors_is_the_error_under_the_damped_hessian()
    {
        GptqPlan plan = Plan(_gram, Columns, 2.0 / TokenCount);

        GptqResult result = Gptq.Quantize(_weights, Rows, Columns, plan, new GptqOptions { Scheme = new QuantizationScheme { Bits = 3 } });

        double[] damped = Array.ConvertAll(_gram, value => value * 2 / TokenCount);
        for (int i = 0; i < Columns; i++)
        {
            damped[i * (Columns + 1)] += plan.Factor.Shift;
        }

        double expected = VectorFile.WeightedError(_weights, result.Matrix.Dequantize(), damped, Columns);
        Assert.InRange(result.SquaredError, expected * 0.999, expected * 1.001);
    }

    [Fact]
    public void The_block_does_not_matter_where_grids_are_known_before_the_sweep()
    {
        GptqPlan plan = Plan(_gram, Columns, 2.0 / TokenCount);
        GptqOptions options = new() { Scheme = new QuantizationScheme { GroupSize = 32 }, StaticGroups = true };

        GptqResult wide = Gptq.Quantize(_weights, Rows, Columns, plan, options);
        GptqResult narrow = Gptq.Quantize(_weights, Rows, Columns, plan, options with { BlockColumns = 24 });

        // Another order of summation may turn a tie here and there.
        Assert.InRange(wide.Matrix.Codes.Zip(narrow.Matrix.Codes).Count(pair => pair.First != pair.Second), 0, wide.Matrix.Codes.Length / 1000);
        Assert.InRange(narrow.SquaredError, wide.SquaredError * 0.999, wide.SquaredError * 1.001);
    }

    [Theory, MemberData(nameof(Variants))]
    public void The_mask_survives_and_its_removal_is_made_up_for(
        int bits, int group, bool activationOrder, bool staticGroups, QuantizationDialect dialect)
    {
        PruneMask mask = new(Rows, Columns);
        Random random = new(5);
        for (int i = 0; i < Rows * Columns; i++)
        {
            mask.Set(i / Columns, i % Columns, random.Next(2) == 0);
        }

        QuantizationScheme scheme = new() { Bits = bits, GroupSize = group, Dialect = dialect };
        GptqPlan plan = Plan(_gram, Columns, 2.0 / TokenCount, activationOrder);

        GptqResult result = Gptq.Quantize(
            _weights, Rows, Columns, plan, new GptqOptions { Scheme = scheme, StaticGroups = staticGroups, Mask = mask });

        float[] decoded = result.Matrix.Dequantize();
        Assert.All(Enumerable.Range(0, decoded.Length).Where(i => !mask.IsKept(i / Columns, i % Columns)), i => Assert.Equal(0, decoded[i]));
        double rounded = Error(RoundToNearest.Quantize(_weights, Rows, Columns, scheme, mask));
        Assert.InRange(Error(result.Matrix), 0, rounded * 0.9);
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);
        GptqOptions options = new() { Scheme = new QuantizationScheme { GroupSize = 32 } };

        GptqResult alone = Gptq.Quantize(_weights, Rows, Columns, Plan(_gram, Columns, 1, true, one), options, one);
        GptqResult shared = Gptq.Quantize(_weights, Rows, Columns, Plan(_gram, Columns, 1, true, three), options, three);

        Assert.Equal(alone.Matrix.Codes, shared.Matrix.Codes);
        Assert.Equal(alone.Matrix.Scales, shared.Matrix.Scales);
        Assert.Equal(alone.SquaredError, shared.SquaredError);
    }

    [Fact]
    public void Inputs_without_full_rank_and_dead_channels_still_give_an_answer()
    {
        float[] tokens = VectorFile.Tokens(7, 20, Columns);
        for (int first = 0; first < tokens.Length; first += Columns)
        {
            tokens[first + 9] = 0;
        }

        double[] gram = VectorFile.Gram(tokens, Columns);
        GptqOptions options = new() { Scheme = new QuantizationScheme { GroupSize = 64 } };

        float[] decoded = Gptq.Quantize(_weights, Rows, Columns, Plan(gram, Columns, 0.1), options).Matrix.Dequantize();

        Assert.All(decoded, value => Assert.True(float.IsFinite(value)));
        Assert.All(Enumerable.Range(0, Rows), row => Assert.Equal(0, decoded[(row * Columns) + 9]));
        double rounded = VectorFile.WeightedError(
            _weights, RoundToNearest.Quantize(_weights, Rows, Columns, options.Scheme).Dequantize(), gram, Columns);
        Assert.InRange(VectorFile.WeightedError(_weights, decoded, gram, Columns), 0, rounded);
    }

    [Fact]
    public void A_hessian_that_holds_no_number_has_no_plan()
    {
        double[] gram = [.. _gram];
        gram[5] = double.NaN;

        Assert.Null(GptqPlan.TryCreate(gram, Columns, 1));
    }

    private static GptqPlan Plan(double[] gram, int columns, double scale, bool activationOrder = false, WorkerPool? pool = null) =>
        Assert.IsType<GptqPlan>(GptqPlan.TryCreate(gram, columns, scale, activationOrder: activationOrder, pool: pool));

    private double Error(QuantizedMatrix matrix) => VectorFile.WeightedError(_weights, matrix.Dequantize(), _gram, Columns);
}
