using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

public sealed class CompressionPipelineTests
{
    [Theory]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5}""")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5}""")]
    [InlineData("""{"type":"prune","method":"wanda","pattern":"2:4"}""")]
    public void A_pruned_artifact_loads_with_the_sparsity_that_was_asked_for(string step)
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(step);
        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        Assert.Equal(0.5, report.SizeAfter.Sparsity, 2);
        using LoadedModel model = ModelLoader.Load(options.Output, new InferenceOptions());
        using Checkpoint checkpoint = Checkpoint.Open(options.Output);
        float[] row = new float[64];
        int zeros = 0;
        for (int i = 0; i < 64; i++)
        {
            checkpoint.ReadRow("model.layers.1.self_attn.q_proj.weight", i, row);
            zeros += row.Count(value => value == 0);
        }

        Assert.Equal(64 * 32, zeros);
        Assert.False(Directory.Exists(options.Output + ".partial"));
    }

    [Theory]
    [InlineData("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}""", 0.6, 0.6)]
    [InlineData("""{"type":"quantize","method":"gptq","bits":4,"group_size":32}""", 0.6, 0.6)]
    [InlineData("""{"type":"quantize","method":"awq","bits":4,"group_size":32}""", 0.6, 0.6)]
    [InlineData("""{"type":"quantize","method":"sparsegpt","bits":8,"sparsity":0.5}""", 0.6, 0.5)]
    [InlineData("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}""", 0.2, 0)]
    public void A_source_that_is_sparse_already_stays_sparse_when_it_is_quantised(string step, double source, double expected)
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { Sparsity = source });
        CompressionOptions options = fixture.Options(step);
        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        Assert.Equal(expected, report.SizeAfter.Sparsity, 0.02);
        using Checkpoint before = Checkpoint.Open(fixture.Model);
        using Checkpoint after = Checkpoint.Open(options.Output);
        float[] old = new float[64];
        float[] now = new float[64];
        for (int i = 0; i < 64 && expected == source; i++)
        {
            before.ReadRow("model.layers.1.self_attn.q_proj.weight", i, old);
            after.ReadRow("model.layers.1.self_attn.q_proj.weight", i, now);
            Assert.All(Enumerable.Range(0, 64), column => Assert.True(old[column] != 0 || now[column] == 0));
        }
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5}""")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5}""")]
    [InlineData("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}""")]
    public void Errors_of_layers_are_measured_where_there_is_calibration_and_explained_where_there_is_none(string step)
    {
        using PipelineFixture fixture = new();
        CompressionReport measured = CompressionPipeline.Run(fixture.Options(step), TestContext.Current.CancellationToken);
        Assert.StartsWith("over 256 calibration tokens", measured.LayerErrors, StringComparison.Ordinal);
        Assert.All(measured.Layers, layer => Assert.InRange(layer.RelativeError!.Value, 1e-4, 1));

        if (!step.Contains("wanda", StringComparison.Ordinal))
        {
            CompressionReport blind = CompressionPipeline.Run(fixture.Options(step, "blind") with { CalibrationFile = null }, TestContext.Current.CancellationToken);
            Assert.Equal("not measured: the recipe has no calibration", blind.LayerErrors);
            Assert.All(blind.Layers, layer => Assert.Null(layer.RelativeError));
        }
    }
}
