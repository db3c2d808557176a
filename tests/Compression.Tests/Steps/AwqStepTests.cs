using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Steps;

public sealed class AwqStepTests
{
    // At 8 bits only the folding could move the outputs by more than rounding: a scale that is not divided out again changes them altogether.
    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Folded_scales_leave_the_models_outputs_as_they_were(int kvHeads, bool bias)
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { KvHeadCount = kvHeads, AttentionBias = bias, MlpBias = bias });
        CompressionOptions options = fixture.Options(
            """{"type":"quantize","method":"awq","bits":8,"group_size":16,"clip":false}""", more: """, "output":{"type":"f32","format":"plain"}""");

        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        double[] dense = Losses(fixture.Model);
        double[] folded = Losses(options.Output);
        Assert.All(dense.Zip(folded), pair => Assert.Equal(pair.First, pair.Second, 0.03));
        Assert.All(report.Layers, layer => Assert.InRange(layer.RelativeError!.Value, 0, 0.02));

        // The norm before query, key and value has taken scales up, so it did fold.
        using Checkpoint before = Checkpoint.Open(fixture.Model);
        using Checkpoint after = Checkpoint.Open(options.Output);
        Assert.NotEqual(
            before.LoadVector("model.layers.0.input_layernorm.weight", 64), after.LoadVector("model.layers.0.input_layernorm.weight", 64));
    }

    private static double[] Losses(string folder)
    {
        using LoadedModel model = ModelLoader.Load(
            folder, new InferenceOptions { Activations = "float", KvProfile = "kv32", MaxRunning = 16, MaxBatchedTokens = 128 });
        string text = string.Concat(Enumerable.Range(0, 60).Select(i => $"Line {i * 7919 % 101} of a text.\n"));
        return
        [
            .. PerplexityEvaluator.Evaluate(
                new SequenceScorer(model, 128), model.Tokenizer!, text, PerplexityConvention.Gptq, 64, maxWindows: 4,
                cancellation: TestContext.Current.CancellationToken).WindowNll,
        ];
    }
}
