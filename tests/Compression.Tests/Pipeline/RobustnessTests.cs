using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

public sealed class RobustnessTests
{
    private const string Wanda = """{"type":"prune","method":"wanda","sparsity":0.5}""";

    [Fact]
    public void A_full_disk_leaves_no_artifact_and_a_resumed_run_ends_with_the_same_bytes()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        using PipelineFixture fixture = new();
        CompressionOptions whole = fixture.Options(Wanda, "whole");
        CompressionPipeline.Run(whole, TestContext.Current.CancellationToken);

        // Writing the second block meets a disk on which nothing more fits.
        CompressionOptions full = fixture.Options(Wanda, "full");
        string shard = Path.Combine(full.Output + ".partial", "artifact", "model-00002-of-00003.safetensors.tmp");
        IOException error = Assert.ThrowsAny<IOException>(() => CompressionPipeline.Run(
            full with
            {
                Progress = progress =>
                {
                    if (progress is { Block: 1, Step: "calibrate" } && !File.Exists(shard))
                    {
                        File.CreateSymbolicLink(shard, "/dev/full");
                    }
                },
            },
            TestContext.Current.CancellationToken));
        Assert.Contains("space", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.False(Directory.Exists(full.Output));

        CompressionPipeline.Run(full with { Resume = true }, TestContext.Current.CancellationToken);
        Folders.AssertEqual(whole.Output, full.Output);
    }

    [Fact]
    public void A_recipe_of_another_family_is_refused_before_any_work()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options("""{"type":"prune","method":"wanda","sparsity":0.5,"include":["attn.c_proj"]}""");
        RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));
        Assert.StartsWith("steps[0].include: no linear of this model (llama) has 'attn.c_proj' in its name", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(options.Output + ".partial"));
    }

    [Fact]
    public void Only_linears_that_a_step_includes_are_changed()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options("""{"type":"prune","method":"wanda","sparsity":0.5,"include":["mlp."]}""");
        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
        Assert.Equal(6, report.Layers.Count);
        Assert.All(report.Layers, layer => Assert.Contains(".mlp.", layer.Name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[[1]]", "has 1 tokens; the model takes 2 to 2048")]
    [InlineData("[[1,2,999999]]", "holds the id 999999")]
    [InlineData("""{"samples":7}""", "holds no list of sequences")]
    [InlineData("[[1,\"x\"]]", "cannot be read")]
    [InlineData("[]", "holds 0 sequences")]
    public void Calibration_that_cannot_be_used_is_refused(string tokens, string message)
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Wanda);
        File.WriteAllText(options.CalibrationFile!, tokens);
        Assert.Contains(
            message, Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_needs_calibration_and_gets_none_is_refused()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Wanda) with { CalibrationFile = null };
        RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));
        Assert.Equal("calibration", error.Path);
    }

    [Fact]
    public void A_short_calibration_is_warned_of()
    {
        using PipelineFixture fixture = new(samples: 1, length: 16);
        CompressionReport report = CompressionPipeline.Run(fixture.Options(Wanda), TestContext.Current.CancellationToken);
        Assert.Contains(report.Warnings, warning => warning.StartsWith("calibration has 16 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void A_weight_that_is_not_a_number_is_refused_with_its_tensor()
    {
        using PipelineFixture fixture = new();
        fixture.Patch("model.layers.1.mlp.up_proj.weight", 70, float.NaN);
        CheckpointException error = Assert.Throws<CheckpointException>(
            () => CompressionPipeline.Run(fixture.Options(Wanda), TestContext.Current.CancellationToken));
        Assert.Equal("model.layers.1.mlp.up_proj.weight", error.Tensor);
    }

    [Fact]
    public void Activations_that_overflow_are_refused_with_block_and_input()
    {
        using PipelineFixture fixture = new();
        fixture.Patch("model.layers.0.mlp.down_proj.weight", 0, 3e38f);
        fixture.Patch("model.layers.0.mlp.down_proj.weight", 1, 3e38f);
        fixture.Patch("model.layers.0.mlp.down_proj.weight", 2, -3e38f);
        fixture.Patch("model.layers.0.mlp.up_proj.weight", 0, 3e38f);
        CompressionException error = Assert.Throws<CompressionException>(
            () => CompressionPipeline.Run(fixture.Options(Wanda), TestContext.Current.CancellationToken));
        Assert.Contains("is not finite on the calibration sequences", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dead_channels_are_warned_of_and_the_rest_is_compressed()
    {
        using PipelineFixture fixture = new();
        fixture.Patch("model.layers.1.input_layernorm.weight", 3, 0);
        CompressionReport report = CompressionPipeline.Run(fixture.Options(Wanda), TestContext.Current.CancellationToken);
        Assert.Contains(report.Warnings, warning => warning.StartsWith("block 1: 1 of 64 channels of the input 'attention' are always 0", StringComparison.Ordinal));
        Assert.Equal(14, report.Layers.Count);
    }

    [Theory]
    [InlineData("""{"type":"quantize","method":"gptq","bits":4,"group_size":32}""")]
    [InlineData("""{"type":"quantize","method":"awq","bits":4,"group_size":32,"clip":false}""")]
    public void An_expert_that_no_token_chose_is_rounded_to_nearest(string step)
    {
        // Two tokens choose at most four of eight experts.
        using PipelineFixture fixture = new(new RandomCheckpointOptions { Family = "mixtral", ExpertCount = 8, ExpertsPerToken = 2 }, samples: 1, length: 2);
        CompressionReport report = CompressionPipeline.Run(fixture.Options(step, "calibrated"), TestContext.Current.CancellationToken);
        CompressionPipeline.Run(
            fixture.Options("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}""", "nearest"), TestContext.Current.CancellationToken);
        string[] unseen = [.. report.Warnings.Where(warning => warning.Contains("no calibration token reached the input 'expert_", StringComparison.Ordinal))];
        Assert.True(unseen.Length >= 2 * 4);

        using Checkpoint calibrated = Checkpoint.Open(fixture.In("calibrated"));
        using Checkpoint nearest = Checkpoint.Open(fixture.In("nearest"));
        Assert.All(unseen, warning =>
        {
            string[] words = warning.Split(' ', ':', '\'', '.', '_');
            string name = $"model.layers.{words[1]}.mlp.experts.{words[words.IndexOf("expert") + 1]}.down_proj.weight";
            (float[] expected, float[] actual) = (new float[128], new float[128]);
            for (int row = 0; row < 64; row++)
            {
                nearest.ReadRow(name, row, expected);
                calibrated.ReadRow(name, row, actual);
                Assert.Equal(expected, actual);
            }
        });
    }

    [Fact]
    public void A_pattern_that_does_not_divide_the_rows_names_step_and_block()
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { HiddenSize = 60, HeadCount = 2, KvHeadCount = 1 });
        CompressionOptions options = fixture.Options("""{"type":"prune","method":"wanda","pattern":"4:8"}""");
        RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));
        Assert.Contains("groups of 8 columns do not divide", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(options.Output));
    }

    [Fact]
    public void A_gate_that_is_not_met_makes_no_artifact()
    {
        using PipelineFixture fixture = new();
        File.WriteAllText(fixture.In("text.txt"), string.Concat(Enumerable.Range(0, 400).Select(i => $"Line {i} of a text.\n")));
        string evaluation = $$""","evaluation":{"perplexity":"{{fixture.In("text.txt")}}","window":64,"max_windows":2,"max_perplexity_increase":LIMIT}""";
        CompressionOptions strict = fixture.Options(
            """{"type":"prune","method":"magnitude","sparsity":0.9}""", "strict", evaluation.Replace("LIMIT", "-0.9", StringComparison.Ordinal));
        GateException error = Assert.Throws<GateException>(() => CompressionPipeline.Run(strict, TestContext.Current.CancellationToken));
        Assert.Contains("The gate is not met: perplexity went from", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Report.EvaluationAfter);
        Assert.False(Directory.Exists(strict.Output));

        // What was made stays for whoever wants to know why, until the next run clears it up.
        string left = Path.Combine(strict.Output + ".partial", "artifact");
        Assert.Contains(strict.Output + ".partial", error.Message, StringComparison.Ordinal);
        using (LoadedModel rejected = ModelLoader.Load(left, new InferenceOptions()))
        {
            Assert.Equal(2, rejected.Config.LayerCount);
        }

        CompressionPipeline.Run(
            fixture.Options("""{"type":"prune","method":"magnitude","sparsity":0.5}""", "strict"), TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(strict.Output + ".partial"));

        CompressionOptions lenient = fixture.Options(
            """{"type":"prune","method":"magnitude","sparsity":0.9}""", "lenient", evaluation.Replace("LIMIT", "1000", StringComparison.Ordinal));
        CompressionReport report = CompressionPipeline.Run(lenient, TestContext.Current.CancellationToken);
        Assert.True(File.Exists(Path.Combine(lenient.Output, ArtifactRecord.FileName)));
        Assert.True(report.EvaluationAfter!.Perplexity!.Value > 1);
    }

    [Fact]
    public void An_artifact_never_replaces_anything()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Wanda);
        Directory.CreateDirectory(options.Output);
        Assert.Contains(
            "exists already", Assert.Throws<CompressionException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }
}
