using System.Text.Json;
using Sparrow.Compression.Quantization;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

/// <summary>AWQ against what the authors' program found on two decoder layers.</summary>
public sealed class AwqVectorTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_search_finds_the_exponents_losses_and_scales_of_the_authors_program(int index)
    {
        JsonElement vector = VectorFile.Read("awq.json").GetProperty("layers")[index];
        AwqSampleLayer layer = new(vector);
        QuantizationScheme scheme = Scheme(vector);
        AssertClose(vector.Floats("layer_output"), layer.Run(), 1e-3);
        foreach (JsonElement group in vector.GetProperty("groups").EnumerateArray())
        {
            AwqScales found = Search(layer, scheme, group);

            float[] losses = group.Floats("losses");
            Assert.All(losses.Zip(found.Losses), pair => Assert.InRange(pair.Second, pair.First * (1 - 1e-4), pair.First * (1 + 1e-4)));
            Assert.Equal(group.GetProperty("best_ratio").GetSingle(), found.Ratio, 1e-6f);
            Assert.All(group.Floats("scales").Zip(found.Scales), pair => Assert.InRange(pair.Second / pair.First, 1 - 1e-5f, 1 + 1e-5f));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Folding_keeps_the_output_and_clipping_finds_the_limits_of_the_authors_program(int index)
    {
        JsonElement vector = VectorFile.Read("awq.json").GetProperty("layers")[index];
        AwqSampleLayer layer = new(vector);
        QuantizationScheme scheme = Scheme(vector);
        double[] before = layer.Run();
        Dictionary<string, double[]> grams = layer.Inputs.ToDictionary(
            input => input.Key, input => VectorFile.Gram(Array.ConvertAll(input.Value, value => (float)value), input.Value.Length / layer.TokenCount));

        foreach (JsonElement group in vector.GetProperty("groups").EnumerateArray())
        {
            Fold(layer, grams, group);
        }

        AssertClose(Array.ConvertAll(before, value => (float)value), layer.Run(), 1e-4);
        if (vector.TryGetProperty("clip", out JsonElement clip))
        {
            Clip(layer, grams, clip, scheme);
        }

        foreach (JsonProperty module in vector.GetProperty("quantised").EnumerateObject())
        {
            float[] weights = layer.Weights[module.Name];
            int columns = module.Value.Shape("W")[1];
            QuantizedMatrix matrix = RoundToNearest.Quantize(weights, weights.Length / columns, columns, scheme);

            // The reference's folded weights differ in their last bit here and there: a limit or a tie may then fall to a neighbour.
            float[] scales = module.Value.Floats("scale");
            AssertMostlyEqual(scales, matrix.Scales, 1e-6f);
            AssertMostlyEqual([.. module.Value.Integers("zero").Select(zero => (float)zero)], matrix.Zeros, 0);
            AssertMostlyEqual(module.Value.Floats("W"), matrix.Dequantize(), 1e-5f);
        }
    }

    private static QuantizationScheme Scheme(JsonElement vector) => new()
    {
        Bits = vector.GetProperty("w_bit").GetInt32(),
        GroupSize = vector.GetProperty("q_group_size").GetInt32(),
        Dialect = QuantizationDialect.IntegerZero,
    };

    private static AwqScales Search(AwqSampleLayer layer, QuantizationScheme scheme, JsonElement group)
    {
        string[] names = [.. group.GetProperty("linears").EnumerateArray().Select(name => name.GetString()!)];
        double[] x = layer.Inputs[names[0]];
        int columns = x.Length / layer.TokenCount;
        AwqLinear[] linears = [.. names.Select(name => new AwqLinear(layer.Weights[name], layer.Weights[name].Length / columns, columns))];
        float[] magnitudes = group.Floats("activation_mean_abs");
        for (int i = 0; i < columns; i++)
        {
            double mean = Enumerable.Range(0, layer.TokenCount).Average(token => Math.Abs(x[(token * columns) + i]));
            Assert.Equal(magnitudes[i], mean, 1e-4 * magnitudes[i]);
        }

        double[] Output(IReadOnlyDictionary<string, float[]> weights) => names[0] switch
        {
            "self_attn.q_proj" => layer.Attention(x, weights),
            "mlp.gate_proj" => layer.Mlp(x, weights),
            _ => AwqSampleLayer.Multiply(x, weights[names[0]], columns),
        };

        Dictionary<string, double[]> inputs = new(layer.Inputs);
        double[] expected = Output(layer.Weights);
        AwqScales found = AwqScaleSearch.Search(linears, magnitudes, scheme, candidates =>
        {
            Dictionary<string, float[]> weights = new(layer.Weights);
            for (int i = 0; i < names.Length; i++)
            {
                weights[names[i]] = candidates[i];
            }

            return Output(weights).Zip(expected, (a, b) => (a - b) * (a - b)).Average();
        });
        foreach ((string name, double[] input) in inputs)
        {
            layer.Inputs[name] = input;
        }

        if (names.Length == 1)
        {
            // A group of one linear is judged by its own output, which the Gram matrix gives as well.
            double[] gram = VectorFile.Gram(Array.ConvertAll(x, value => (float)value), columns);
            AwqScales byGram = AwqScaleSearch.Search(linears, magnitudes, scheme, AwqScaleSearch.OutputLoss(linears, gram, layer.TokenCount));
            Assert.Equal(found.Ratio, byGram.Ratio);
            Assert.All(found.Losses.Zip(byGram.Losses), pair => Assert.InRange(pair.Second / pair.First, 0.999, 1.001));
        }

        return found;
    }

    private static void Fold(AwqSampleLayer layer, Dictionary<string, double[]> grams, JsonElement group)
    {
        float[] scales = group.Floats("scales");
        string previous = group.GetProperty("prev_op").GetString()!;
        if (previous.EndsWith("layernorm", StringComparison.Ordinal))
        {
            AwqFolding.DivideNorm(layer.Weights[previous], [], scales);
        }
        else
        {
            AwqFolding.DivideRows(layer.Weights[previous], layer.Hidden, [], scales);
        }

        double[]? shared = null;
        foreach (string name in group.GetProperty("linears").EnumerateArray().Select(name => name.GetString()!))
        {
            AwqFolding.ScaleColumns(layer.Weights[name], scales);
            shared ??= [.. grams[name]];
            grams[name] = shared;
        }

        AwqFolding.DivideGram(shared, scales);
    }

    private static void Clip(AwqSampleLayer layer, Dictionary<string, double[]> grams, JsonElement clip, QuantizationScheme scheme)
    {
        foreach (JsonProperty module in clip.EnumerateObject())
        {
            float[] weights = layer.Weights[module.Name];
            float[] expected = module.Value.Floats("max_val");
            int columns = weights.Length / expected.Length * module.Value.Shape("max_val")[1];

            float[] limits = AwqClipSearch.Search(weights, weights.Length / columns, columns, grams[module.Name], scheme);

            AssertMostlyEqual(expected, limits, 1e-6f);
            AwqClipSearch.Apply(weights, limits);
            int size = weights.Length / limits.Length;
            Assert.All(Enumerable.Range(0, weights.Length), i => Assert.InRange(Math.Abs(weights[i]), 0, limits[i / size]));
        }
    }

    private static void AssertClose(float[] expected, double[] actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    private static void AssertMostlyEqual(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        int different = expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) > tolerance);
        Assert.InRange(different, 0, expected.Length / 200);
    }
}
