using Sparrow.Compression.Quantization;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

public sealed class AwqTests
{
    private const int Rows = 48;
    private const int Columns = 128;
    private const int TokenCount = 256;

    private static readonly QuantizationScheme s_scheme = new() { Bits = 3, GroupSize = 32, Dialect = QuantizationDialect.IntegerZero };

    private readonly float[] _tokens = VectorFile.Tokens(21, TokenCount, Columns);
    private readonly float[] _weights = VectorFile.Random(22, Rows * Columns);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_best_loss_is_no_worse_than_plain_rounding_and_scales_centre_on_one(bool weighWeights)
    {
        AwqScales found = Search(weighWeights, pool: null);
        double[] gram = VectorFile.Gram(_tokens, Columns);
        double rounded = VectorFile.WeightedError(_weights, RoundToNearest.Quantize(_weights, Rows, Columns, s_scheme).Dequantize(), gram, Columns)
            / TokenCount / Rows;

        Assert.InRange(found.BestLoss, 0, rounded * 0.9);
        Assert.Equal(1, Math.Sqrt((double)found.Scales.Max() * found.Scales.Min()), 1e-5);
        if (!weighWeights)
        {
            Assert.All(AwqScaleSearchCandidateOfZero(), scale => Assert.Equal(1, scale));
            Assert.InRange(found.Losses[0], rounded * 0.999, rounded * 1.001);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);

        AwqScales alone = Search(false, one);
        AwqScales shared = Search(false, three);

        Assert.Equal(alone.Losses, shared.Losses);
        Assert.Equal(alone.Scales, shared.Scales);
    }

    [Fact]
    public void Limits_lie_within_the_searched_range_and_lower_the_groups_error()
    {
        double[] gram = VectorFile.Gram(_tokens, Columns);

        float[] limits = AwqClipSearch.Search(_weights, Rows, Columns, gram, s_scheme);

        float[] clipped = [.. _weights];
        AwqClipSearch.Apply(clipped, limits);
        double[] blocks = new double[gram.Length];
        for (int i = 0; i < gram.Length; i++)
        {
            blocks[i] = i / Columns / 32 == i % Columns / 32 ? gram[i] : 0;
        }

        double before = VectorFile.WeightedError(_weights, RoundToNearest.Quantize(_weights, Rows, Columns, s_scheme).Dequantize(), blocks, Columns);
        double after = VectorFile.WeightedError(_weights, RoundToNearest.Quantize(clipped, Rows, Columns, s_scheme).Dequantize(), blocks, Columns);
        Assert.InRange(after, 0, before * 0.99);
        for (int group = 0; group < limits.Length; group++)
        {
            float largest = _weights.AsSpan(group * 32, 32).ToArray().Max(MathF.Abs);
            Assert.InRange(limits[group], largest * 0.5499f, largest);
        }
    }

    [Fact]
    public void Folding_into_a_norm_with_an_offset_divides_the_whole_gain()
    {
        float[] gain = [0.5f, -0.25f];
        float[] bias = [1, 2];

        AwqFolding.DivideNorm(gain, bias, [2, 0.5f], offset: 1);

        Assert.Equal([-0.25f, 0.5f], gain);
        Assert.Equal([0.5f, 4], bias);
    }

    [Fact]
    public void Folding_into_a_fused_linear_divides_its_last_rows()
    {
        float[] weights = [1, 2, 3, 4, 5, 6];
        float[] bias = [1, 1, 1];

        AwqFolding.DivideRows(weights, 2, bias, [2, 4]);

        Assert.Equal([1, 2, 1.5f, 2, 1.25f, 1.5f], weights);
        Assert.Equal([1, 0.5f, 0.25f], bias);
    }

    [Fact]
    public void Linears_with_different_inputs_are_refused()
    {
        AwqLinear[] linears = [new(new float[32], 1, 32), new(new float[64], 1, 64)];

        Assert.Throws<ArgumentException>(() => AwqScaleSearch.Search(linears, new float[32], s_scheme, _ => 0));
    }

    private static float[] AwqScaleSearchCandidateOfZero() =>
        AwqScaleSearch.Search([new AwqLinear(new float[64], 2, 32)], VectorFile.Random(1, 32).Select(Math.Abs).ToArray(), s_scheme, _ => 0).Scales;

    private AwqScales Search(bool weighWeights, WorkerPool? pool)
    {
        float[] magnitudes = new float[Columns];
        for (int i = 0; i < _tokens.Length; i++)
        {
            magnitudes[i % Columns] += Math.Abs(_tokens[i]) / TokenCount;
        }

        AwqLinear[] linears = [new(_weights, Rows, Columns)];
        Func<IReadOnlyList<float[]>, double> loss = AwqScaleSearch.OutputLoss(linears, VectorFile.Gram(_tokens, Columns), TokenCount, pool);
        return AwqScaleSearch.Search(linears, magnitudes, s_scheme, loss, weighWeights, pool);
    }
}
