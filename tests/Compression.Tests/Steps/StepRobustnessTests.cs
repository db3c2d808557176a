using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Steps;

public sealed class StepRobustnessTests
{
    [Theory]
    [InlineData("rtn")]
    [InlineData("gptq")]
    [InlineData("awq")]
    public void A_group_that_does_not_divide_the_columns_is_refused_with_the_members_path(string method)
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { HiddenSize = 96, HeadCount = 2, KvHeadCount = 1 });
        CompressionOptions options = fixture.Options($$"""{"type":"quantize","method":"{{method}}","group_size":64}""");

        RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));

        Assert.Equal("steps[0].group_size: groups of 64 columns do not divide the 96 columns of model.layers.0.self_attn.q_proj.weight", error.Message);
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"sparsegpt","sparsity":0.5,"damping":0}""")]
    [InlineData("""{"type":"quantize","method":"gptq","damping":0}""")]
    public void A_singular_Hessian_is_damped_until_it_can_be_factored_and_the_report_says_so(string step)
    {
        // Fewer tokens than channels: without damping there is nothing to invert.
        using PipelineFixture fixture = new(samples: 1, length: 16);

        CompressionReport report = CompressionPipeline.Run(fixture.Options(step), TestContext.Current.CancellationToken);

        Assert.Contains(report.Warnings, warning =>
            warning.StartsWith("block 0: the Hessian of the input 'attention' needed a damping of", StringComparison.Ordinal));
    }

    [Fact]
    public void Dead_channels_are_pruned_first_and_leave_the_rest_finite()
    {
        using PipelineFixture fixture = new();
        KillChannel(fixture.Model, channel: 5);
        CompressionOptions options = fixture.Options(
            """{"type":"prune","method":"sparsegpt","sparsity":0.5},{"type":"quantize","method":"gptq","group_size":32}""",
            more: """, "output":{"type":"f32","format":"plain"}""");

        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        Assert.Contains(report.Warnings, warning => warning.Contains("1 of 64 channels of the input 'attention'", StringComparison.Ordinal));
        using Checkpoint checkpoint = Checkpoint.Open(options.Output);
        float[] row = new float[64];
        for (int i = 0; i < 64; i++)
        {
            checkpoint.ReadRow("model.layers.0.self_attn.q_proj.weight", i, row);
            Assert.Equal(0, row[5]);
            Assert.All(row, value => Assert.True(float.IsFinite(value)));
        }
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5}""")]
    [InlineData("""{"type":"quantize","method":"rtn"}""")]
    public void A_weight_that_is_not_a_number_ends_the_run_with_the_linears_name(string step)
    {
        using PipelineFixture fixture = new();
        Overwrite(fixture.Model, "model.layers.1.mlp.up_proj.weight", value: float.NaN, from: 7, count: 1);

        CheckpointException error = Assert.Throws<CheckpointException>(
            () => CompressionPipeline.Run(fixture.Options(step), TestContext.Current.CancellationToken));

        Assert.Contains("model.layers.1.mlp.up_proj.weight", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(fixture.In("artifact")));
    }

    [Theory]
    [InlineData("""{"type":"refine","method":"dsnot"}""", "steps[0]: a mask is refined right after it was chosen")]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5},{"type":"quantize","method":"sparsegpt","sparsity":0.5}""", "steps[1]: the step chooses its own mask")]
    [InlineData("""{"type":"quantize","method":"rtn"},{"type":"compensate","method":"eora","merge":true}""", "steps[1].merge: a correction cannot be merged into codes")]
    public void Steps_in_an_order_that_makes_no_sense_are_refused(string steps, string message)
    {
        using PipelineFixture fixture = new();
        RecipeException error = Assert.Throws<RecipeException>(
            () => CompressionPipeline.Run(fixture.Options(steps), TestContext.Current.CancellationToken));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"apt","sparsity":0.5,"mask":"joint"}""", "steps[0].mask: sets of weights are compared within groups; give a pattern")]
    [InlineData("""{"type":"prune","method":"wanda","pattern":"2:4","allocation":"owl"}""", "steps[0].allocation: contradicts pattern; give one of the two")]
    public void Members_that_contradict_each_other_are_refused_when_the_recipe_is_read(string step, string message)
    {
        using PipelineFixture fixture = new();
        Assert.Equal(message, Assert.Throws<RecipeException>(() => fixture.Options(step)).Message);
    }

    // A channel that the norm multiplies by 0 is 0 for every token.
    private static void KillChannel(string folder, int channel) => Overwrite(folder, "model.layers.0.input_layernorm.weight", 0, channel, 1);

    /// <summary>Overwrites some f32 values of a tensor of the tiny model in its file.</summary>
    private static void Overwrite(string folder, string tensor, float value, int from, int count)
    {
        string file = Path.Combine(folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(file);
        int header = (int)BitConverter.ToUInt64(bytes, 0);
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(bytes.AsMemory(8, header));
        int start = document.RootElement.GetProperty(tensor).GetProperty("data_offsets")[0].GetInt32();
        for (int i = from; i < from + count; i++)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(8 + header + start + (i * 4)), value);
        }

        File.WriteAllBytes(file, bytes);
    }
}
