using System.Text.Json;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

/// <summary>Column sweeps against what the authors' programs made of the same inputs.</summary>
public sealed class GptqVectorTests
{
    [Fact]
    public void Gptq_gives_the_codes_grids_and_errors_of_the_authors_program()
    {
        int runs = 0;
        foreach (JsonElement vector in VectorFile.Read("gptq.json").GetProperty("cases").EnumerateArray())
        {
            int[] shape = vector.Shape("X");
            float[] tokens = vector.Floats("X");
            float[] weights = vector.Floats("W");
            int columns = shape[2];
            int rows = weights.Length / columns;
            double[] gram = VectorFile.Gram(tokens, columns);
            foreach (JsonElement run in vector.GetProperty("runs").EnumerateArray())
            {
                GptqPlan plan = Assert.IsType<GptqPlan>(GptqPlan.TryCreate(
                    gram, columns, 2.0 / shape[0], vector.GetProperty("percdamp").GetDouble(), run.GetProperty("actorder").GetBoolean()));
                GptqOptions options = new()
                {
                    Scheme = new QuantizationScheme
                    {
                        Bits = run.GetProperty("bits").GetInt32(),
                        GroupSize = run.GetProperty("groupsize").GetInt32(),
                        Dialect = run.GetProperty("sym").GetBoolean() ? QuantizationDialect.SymmetricGptq : QuantizationDialect.IntegerZeroWithRange,
                        SearchRange = run.GetProperty("mse").GetBoolean(),
                    },
                    BlockColumns = run.GetProperty("blocksize").GetInt32(),
                    StaticGroups = run.GetProperty("static_groups").GetBoolean(),
                };

                GptqResult result = Gptq.Quantize(weights, rows, columns, plan, options);

                QuantizedMatrix matrix = result.Matrix;
                if (run.TryGetProperty("perm", out _))
                {
                    Assert.Equal(run.Integers("perm"), plan.Order);
                }

                int[] groups = matrix.GroupIndex ?? [.. Enumerable.Range(0, columns).Select(column => column / matrix.GroupColumns)];
                Assert.Equal(run.Integers("g_idx"), groups);
                Assert.Equal(run.Bytes("codes"), matrix.Codes);
                AssertClose(run.Floats("scale"), matrix.Scales, 1e-5f);
                Assert.Equal(run.Floats("zero"), matrix.Zeros);
                float[] decoded = matrix.Dequantize();
                AssertClose(run.Floats("W"), decoded, 1e-5f);
                AssertRelative(run.GetProperty("half_sum_of_squared_errors").GetDouble(), result.SquaredError / 2, 1e-4);
                double mse = VectorFile.WeightedError(weights, decoded, gram, columns) / (tokens.Length / columns) / rows;
                AssertRelative(run.GetProperty("output_mse").GetDouble(), mse, 1e-4);
                runs++;
            }
        }

        Assert.Equal(28, runs);
    }

    [Fact]
    public void Joint_pruning_and_quantisation_gives_the_weights_of_the_authors_program()
    {
        int runs = 0;
        foreach (JsonElement vector in VectorFile.Read("sparsegpt.json").GetProperty("cases").EnumerateArray())
        {
            int[] shape = vector.Shape("X");
            float[] weights = vector.Floats("W");
            int columns = shape[2];
            int rows = weights.Length / columns;
            HessianFactor factor = Assert.IsType<HessianFactor>(
                HessianFactor.TryCreate(VectorFile.Gram(vector.Floats("X"), columns), columns, 2.0 / shape[0]));
            foreach (JsonElement run in vector.GetProperty("runs").EnumerateArray())
            {
                int bits = run.GetProperty("quantise_bits").GetInt32();
                if (bits == 0)
                {
                    continue;
                }

                int group = run.GetProperty("prune_m").GetInt32();
                PruneTarget target = group == 0
                    ? PruneTarget.Unstructured(run.GetProperty("sparsity").GetDouble())
                    : PruneTarget.Structured(run.GetProperty("prune_n").GetInt32(), group);
                SparseGptOptions options = new() { PanelColumns = run.GetProperty("blocksize").GetInt32(), Rule = CountRule.Released };

                GptqResult result = JointSparseGpt.Quantize(
                    weights, rows, columns, factor, target, new QuantizationScheme { Bits = bits }, options);

                float[] decoded = result.Matrix.Dequantize();
                AssertClose(run.Floats("W"), decoded, 1e-5f);
                AssertClose(run.Floats("scale"), result.Matrix.Scales, 1e-6f);
                Assert.Equal(run.Floats("zero"), result.Matrix.Zeros);
                AssertRelative(run.GetProperty("half_sum_of_squared_errors").GetDouble(), result.SquaredError / 2, 1e-4);
                Assert.Equal(run.GetProperty("pruned").GetInt32(), decoded.Count(value => value == 0));
                runs++;
            }
        }

        Assert.Equal(2, runs);
    }

    private static void AssertClose(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"Element {i}: {actual[i]}, expected {expected[i]}.");
        }
    }

    private static void AssertRelative(double expected, double actual, double tolerance) =>
        Assert.InRange(actual, expected * (1 - tolerance), expected * (1 + tolerance));
}
