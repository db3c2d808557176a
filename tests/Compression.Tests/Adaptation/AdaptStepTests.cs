using System.Text.Json;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Compression.Training;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

/// <summary>Whole adaptations of a tiny model, through the pipeline.</summary>
public sealed class AdaptStepTests
{
    private const string Small = "\"tokens\":1024,\"batch\":2,\"length\":32,\"rounds\":3,\"mean_rank\":4";
    private const string Losa = $$"""{"type":"adapt","method":"losa","sparsity":0.6,{{Small}}}""";

    // Floats of the decoded values: what was made, apart from what formats hold.
    private const string Plain = """, "output":{"type":"f32","format":"plain"}""";

    private static readonly RandomCheckpointOptions s_fourLayers = new() { LayerCount = 4 };

    [Theory]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,SMALL}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"prune":"sparsegpt",SMALL}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"dsnot":true,SMALL}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"allocation":"uniform","ranks":"uniform","scaling":"rora",SMALL}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.75,"pattern":"n:8",SMALL}""", 0.75)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.5,"pattern":"n:4","prune":"sparsegpt",SMALL}""", 0.5)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"bits":4,"group_size":32,SMALL}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"allocated_rank":8,"tokens":0,"rounds":3}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"masked_lora","sparsity":0.6,"tokens":512,"batch":2,"length":32,"rank":4}""", 0.6)]
    [InlineData("""{"type":"adapt","method":"masked_lora","sparsity":0,"tokens":512,"batch":2,"length":32}""", 0)]
    [InlineData("""{"type":"adapt","method":"squarehead","sparsity":0.6,"tokens":512,"batch":2,"length":32}""", 0.6)]
    public void The_artifact_has_the_sparsity_and_the_same_bytes_for_any_thread_count(string step, double sparsity)
    {
        using PipelineFixture fixture = new(s_fourLayers);
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);
        CompressionOptions first = fixture.Options(step.Replace("SMALL", Small, StringComparison.Ordinal), "one") with { Pool = one };
        CompressionOptions second = fixture.Options(step.Replace("SMALL", Small, StringComparison.Ordinal), "three") with { Pool = three };

        CompressionReport report = CompressionPipeline.Run(first, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(second, TestContext.Current.CancellationToken);

        Folders.AssertEqual(first.Output, second.Output);
        Assert.Equal(sparsity, report.SizeAfter.Sparsity, 0.03);
        using LoadedModel model = ModelLoader.Load(first.Output, new InferenceOptions());
        Assert.Equal(4 * 7, report.Layers.Count);
        Assert.All(report.Layers, layer => Assert.InRange(layer.Measures!["adapter_rank"], 1, 16));
    }

    [Fact]
    public void An_adaptation_stopped_anywhere_goes_on_to_the_same_bytes()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions whole = fixture.Options(Losa, "whole");
        CompressionPipeline.Run(whole, TestContext.Current.CancellationToken);

        CompressionOptions stopped = fixture.Options(Losa, "stopped") with { Resume = true };
        string[] places = ["round 1 of 3, pruning", "round 2 of 3, training, step 2", "round 3 of 3, comparing", "round 3 of 3, training, step 7", "round 3 of 3, training, step 10"];
        foreach (string place in places)
        {
            using CancellationTokenSource source = new();
            CompressionOptions run = stopped with
            {
                Progress = progress =>
                {
                    if (progress.Step.Contains(place, StringComparison.Ordinal))
                    {
                        source.Cancel();
                    }
                },
            };
            Assert.Throws<OperationCanceledException>(() => CompressionPipeline.Run(run, source.Token));
        }

        CompressionPipeline.Run(stopped, TestContext.Current.CancellationToken);
        Folders.AssertEqual(whole.Output, stopped.Output);
    }

    [Fact]
    public void Rounds_report_targets_sparsities_and_ranks_that_keep_their_budgets()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions options = fixture.Options(Losa);
        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(options.Output, "adaptation.json")));
        JsonElement[] rounds = [.. report.RootElement.GetProperty("rounds").EnumerateArray()];
        Assert.Equal(3, rounds.Length);
        for (int i = 0; i < 3; i++)
        {
            double target = LosaSchedule.Target(0.6, i + 1, 3);
            double excess = rounds[i].GetProperty("excess").GetDouble();
            double[] sparsities = rounds[i].GetProperty("sparsities").Doubles();
            Assert.Equal(target, sparsities.Average() - excess, 1e-12);
            Assert.All(sparsities, value => Assert.InRange(value, target - 0.03, target + 0.03));
            Assert.Equal(4 * (i + 2), rounds[i].GetProperty("ranks").Integers().Sum());
            Assert.All(rounds[i].GetProperty("errors").Doubles(), error => Assert.InRange(error, 1e-6, 2));
        }

        // 1,024 tokens in steps of 64: a fifth, a fifth and three fifths.
        Assert.Equal([3, 3, 10], rounds.Select(round => round.GetProperty("losses").GetArrayLength()));
    }

    [Fact]
    public void Without_training_kept_weights_are_the_sources()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions options = fixture.Options("""{"type":"adapt","method":"losa","sparsity":0.6,"rounds":3,"tokens":0}""", more: Plain);
        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
        Dictionary<string, float[]> source = Weights(fixture.Model);
        foreach ((string name, float[] values) in Weights(options.Output))
        {
            Assert.All(Enumerable.Range(0, values.Length), i => Assert.True(values[i] == 0 || values[i] == source[name][i], name));
        }
    }

    [Fact]
    public void Adapters_beside_the_model_merge_into_the_weights_of_the_merged_artifact()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions merged = fixture.Options(Losa, "merged", Plain);
        CompressionOptions apart = fixture.Options(Losa.Replace("\"sparsity\"", "\"merge\":false,\"sparsity\"", StringComparison.Ordinal), "apart", Plain);
        CompressionPipeline.Run(merged, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(apart, TestContext.Current.CancellationToken);

        PeftAdapter adapter = PeftAdapter.Read(Path.Combine(apart.Output, PeftAdapter.FolderName));
        Assert.True(adapter.IsMasked);
        Assert.Equal(4 * 7, adapter.Adapters.Count);
        Dictionary<string, float[]> expected = Weights(merged.Output);
        Dictionary<string, float[]> sparse = Weights(apart.Output);
        foreach (LoraAdapter linear in adapter.Adapters)
        {
            float[] values = linear.Merge(sparse[linear.Name]);
            for (int i = 0; i < values.Length; i++)
            {
                // A random weight is never 0 by itself.
                Assert.Equal(expected[linear.Name][i], sparse[linear.Name][i] == 0 ? 0 : values[i], 1e-5);
            }
        }
    }

    [Fact]
    public void Training_and_tuning_are_nearly_all_of_the_progress()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        List<CompressionProgress> marks = [];
        CompressionOptions options = fixture.Options($$"""{{Losa}},{"type":"quantize","method":"rtn","bits":8,"group_size":32},{"type":"tune_kv","average_bits":5}""") with { Progress = marks.Add };
        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        double[] training = [.. marks.Where(mark => mark.Step.StartsWith("adapt losa: round", StringComparison.Ordinal)).Select(mark => mark.Fraction)];
        double[] tuning = [.. marks.Where(mark => mark.Stage == "finish").Select(mark => mark.Fraction)];
        Assert.InRange(training[^1], 0.6, 0.7);
        Assert.InRange(tuning[^1] - tuning[0], 0.2, 0.3);
        Assert.InRange(tuning[^1], 0.95, 1);
        double[] all = [.. marks.Select(mark => mark.Fraction)];
        Assert.Equal(all.Order(), all);
    }

    [Theory]
    [InlineData("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}""")]
    [InlineData("""{"type":"quantize","method":"gptq","bits":4,"group_size":32}""")]
    [InlineData("""{"type":"quantize","method":"awq","bits":4,"group_size":32}""")]
    [InlineData("""{"type":"quantize","method":"rtn","bits":8,"group_size":64,"symmetric":true}""")]
    public void The_mask_survives_quantisation(string step)
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions floats = fixture.Options(Losa, "floats", Plain);
        CompressionOptions codes = fixture.Options($"{Losa},{step}", "codes", Plain);
        CompressionPipeline.Run(floats, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(codes, TestContext.Current.CancellationToken);
        AssertZerosKept(Weights(floats.Output), Weights(codes.Output));
    }

    [Fact]
    public void An_adapter_trained_on_codes_keeps_the_mask_and_decodes_to_codes()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        string step = Losa.Replace("\"sparsity\"", "\"bits\":4,\"group_size\":32,\"sparsity\"", StringComparison.Ordinal);
        CompressionOptions options = fixture.Options(step);
        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
        Assert.All(report.Layers, layer => Assert.InRange(layer.BitsPerWeight, 1, 6));
        foreach ((string name, float[] values) in Weights(options.Output))
        {
            Assert.InRange(values.Count(value => value == 0) / (double)values.Length, 0.55, 0.75);
            for (int group = 0; group < values.Length; group += 32)
            {
                Assert.True(values.AsSpan(group, 32).ToArray().Distinct().Count() <= 17, name);
            }
        }
    }

    [Fact]
    public void Training_brings_the_sparse_model_nearer_to_its_text()
    {
        using PipelineFixture fixture = new(samples: 4, length: 64);
        CompressionOptions trained = fixture.Options("""{"type":"adapt","method":"losa","sparsity":0.5,"rounds":2,"tokens":16384,"batch":4,"length":64,"learning_rate":0.01}""");
        CompressionPipeline.Run(trained, TestContext.Current.CancellationToken);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(trained.Output, "adaptation.json")));
        double[] losses = [.. report.RootElement.GetProperty("rounds").EnumerateArray().SelectMany(round => round.GetProperty("losses").Doubles())];
        Assert.True(losses[^1] < losses[0] - 0.5, $"from {losses[0]} to {losses[^1]}");

        // What the artifact computes is what was trained: its loss on those very sequences, by another implementation, is that low.
        using Checkpoint checkpoint = Checkpoint.Open(trained.Output);
        using TrainingModel model = TrainingModel.Load(checkpoint, new TrainingModelOptions());
        using JsonDocument calibration = JsonDocument.Parse(File.ReadAllText(fixture.CalibrationFile));
        int[][] sequences = [.. calibration.RootElement.GetProperty("samples").EnumerateArray().Select(sequence => sequence.Integers())];
        Assert.InRange(model.Loss(TrainingBatch.OfSequences(sequences)), 0, losses[^1] + 0.3);
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5},LOSA""", "must be the first step")]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"pattern":"n:8","include":["none"]}""", "no linear of this model")]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"dsnot":true,"prune":"sparsegpt"}""", "steps[0].dsnot")]
    [InlineData("""{"type":"adapt","method":"losa","sparsity":0.6,"mean_rank":20}""", "steps[0].mean_rank")]
    [InlineData("""{"type":"adapt","method":"masked_lora","sparsity":0,"tokens":0}""", "steps[0].tokens")]
    public void Steps_that_contradict_themselves_are_refused_before_any_work(string steps, string message)
    {
        using PipelineFixture fixture = new();
        RecipeException error = Assert.Throws<RecipeException>(() =>
            CompressionPipeline.Run(fixture.Options(steps.Replace("LOSA", Losa, StringComparison.Ordinal)), TestContext.Current.CancellationToken));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gemma2")]
    public void A_family_that_cannot_be_trained_is_refused_before_any_work(string family)
    {
        CompressionOptions options = new()
        {
            Model = SharedData.Require("models", "tiny", family),
            Recipe = CompressionRecipe.Load("preset:small"),
            Output = Path.Combine(Path.GetTempPath(), "never-made"),
        };
        RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Check(options));
        Assert.Contains("cannot be trained", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_too_short_or_not_there_is_refused()
    {
        using PipelineFixture fixture = new();
        string empty = fixture.In("empty.txt");
        File.WriteAllText(empty, "");
        string[] files = [empty, fixture.In("missing.txt")];
        foreach (string file in files)
        {
            CompressionOptions options = fixture.Options(Losa, more: $$""", "training":{"text":{{JsonSerializer.Serialize(file)}}}""");
            RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));
            Assert.Contains("training", error.Message, StringComparison.Ordinal);
        }

        string words = fixture.In("words.txt");
        File.WriteAllText(words, "a few");
        CompressionException tooShort = Assert.Throws<CompressionException>(() => CompressionPipeline.Run(
            fixture.Options(Losa, more: $$""", "training":{"text":{{JsonSerializer.Serialize(words)}}}"""), TestContext.Current.CancellationToken));
        Assert.Contains("at least 16", tooShort.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_learning_rate_that_breaks_the_model_stops_with_the_step()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(
            """{"type":"adapt","method":"masked_lora","sparsity":0.5,"alpha":4096,"rank":1,"learning_rate":1,"warm_up":0,"clip":1000000,"tokens":6400,"batch":1,"length":64}""");
        File.WriteAllText(fixture.CalibrationFile, JsonSerializer.Serialize(new { samples = Enumerable.Repeat(Enumerable.Range(0, 64), 4) }));
        fixture.Patch("model.layers.0.input_layernorm.weight", 0, 1e30f);
        Exception error = Assert.ThrowsAny<Exception>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));
        Assert.True(error is CompressionException, error.ToString());
        Assert.False(Directory.Exists(options.Output));
    }

    private static void AssertZerosKept(Dictionary<string, float[]> floats, Dictionary<string, float[]> codes)
    {
        foreach ((string name, float[] values) in codes)
        {
            Assert.All(Enumerable.Range(0, values.Length), i => Assert.True(floats[name][i] != 0 || values[i] == 0, $"{name}[{i}]"));
            Assert.Contains(values, value => value != 0);
        }
    }

    private static Dictionary<string, float[]> Weights(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        return Enumerable.Range(0, checkpoint.Config.LayerCount)
            .SelectMany(layer => BlockTensors.Linears(checkpoint.Config, layer))
            .ToDictionary(linear => linear.Name, linear => BlockRunner.ReadMatrix(checkpoint, linear.Name, linear.Rows, linear.Columns), StringComparer.Ordinal);
    }
}
