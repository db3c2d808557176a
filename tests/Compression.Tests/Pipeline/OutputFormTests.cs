using System.Text.Json.Nodes;
using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

/// <summary>The same compression in every form holds the same weights.</summary>
public sealed class OutputFormTests
{
    private const string FourBits = """{"type":"quantize","method":"gptq","bits":4,"group_size":32,"act_order":true,"static_groups":true,"embeddings":"8"}""";
    private const string EightBits = """{"type":"quantize","method":"rtn","bits":8,"group_size":32,"symmetric":true}""";
    private const string Pruned = """{"type":"prune","method":"wanda","pattern":"2:4"}""";

    [Theory]
    [InlineData(FourBits, "gptq", "gptq")]
    [InlineData(FourBits, "gptq-v2", "gptq")]
    [InlineData(FourBits, "awq", "awq")]
    [InlineData(FourBits, "compressed-tensors", "compressed-tensors")]
    [InlineData(FourBits, "pack-quantized", "compressed-tensors")]
    [InlineData(FourBits, "int-quantized", "compressed-tensors")]
    [InlineData(FourBits, "safetensors", null)]
    [InlineData(FourBits, "gguf", null)]
    [InlineData(EightBits, "gguf", null)]
    [InlineData(EightBits, "compressed-tensors", "compressed-tensors")]
    [InlineData(Pruned, "compressed-tensors", "compressed-tensors")]
    [InlineData(Pruned, "sparse-24-bitmask", "compressed-tensors")]
    [InlineData(Pruned, "safetensors", null)]
    [InlineData(Pruned, "plain", null)]
    [InlineData(Pruned, "gguf", null)]
    [InlineData(Pruned + "," + EightBits, "compressed-tensors", "compressed-tensors")]
    [InlineData(Pruned + "," + EightBits, "gguf", null)]
    public void An_artifact_in_another_form_has_the_weights_of_the_native_one(string steps, string form, string? method)
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { HiddenSize = 128, IntermediateSize = 256, Type = "bf16" });
        CompressionOptions native = fixture.Options(steps, "native");
        CompressionPipeline.Run(native, TestContext.Current.CancellationToken);
        CompressionOptions other = fixture.Options(steps, "other");
        other = other with { Recipe = other.Recipe.WithFormat(form) };
        CompressionReport report = CompressionPipeline.Run(other, TestContext.Current.CancellationToken);

        using Checkpoint expected = Checkpoint.Open(native.Output);
        using Checkpoint actual = Checkpoint.Open(other.Output);
        foreach ((string name, TensorInfo tensor) in expected.Tensors)
        {
            float[] one = new float[tensor.Shape[^1]];
            float[] two = new float[tensor.Shape[^1]];
            for (int row = 0; row < (tensor.Shape.Count == 1 ? 1 : tensor.Shape[0]); row++)
            {
                expected.ReadRow(name, row, one);
                actual.ReadRow(name, row, two);
                Assert.True(one.AsSpan().SequenceEqual(two), $"{name}, row {row}");
            }
        }


        // A reader counts no tensors that only say shapes.
        Assert.InRange(actual.Tensors.Values.Sum(tensor => tensor.Bytes), 0.99 * report.SizeAfter.Bytes, report.SizeAfter.Bytes);
        Assert.True(File.Exists(Path.Combine(other.Output, ArtifactRecord.FileName)));
        if (form == "gguf")
        {
            Assert.Equal(["model.gguf", "sparrow.json"], Directory.GetFiles(other.Output).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
            return;
        }

        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(other.Output, "config.json")))!;
        Assert.Equal(method, (string?)config["quantization_config"]?["quant_method"]);
    }

    [Theory]
    [InlineData("phi3", "safetensors")]
    [InlineData("gpt2", "safetensors")]
    [InlineData("cohere", "gguf")]
    public void A_family_with_a_form_of_its_own_becomes_its_own_plain_file(string family, string form)
    {
        using PipelineFixture fixture = new();
        string source = SharedData.Require("models", "tiny", family);
        CompressionOptions options = fixture.Options("""{"type":"prune","method":"magnitude","sparsity":0.5}""", "out") with { Model = source };
        CompressionPipeline.Run(options with { Recipe = options.Recipe.WithFormat(form) }, TestContext.Current.CancellationToken);
        using Checkpoint checkpoint = Checkpoint.Open(options.Output);
        float[] row = new float[64];
        checkpoint.ReadRow("model.layers.0.self_attn.v_proj.weight", 0, row);
        Assert.InRange(row.Count(value => value == 0), 16, 48);
        if (form == "safetensors")
        {
            Assert.Equal(StoredNames(source), StoredNames(options.Output));
        }
    }

    [Fact]
    public void A_run_that_ends_while_it_is_converted_goes_on_to_the_same_bytes()
    {
        using PipelineFixture fixture = new();
        CompressionOptions whole = fixture.Options(Pruned, "whole");
        whole = whole with { Recipe = whole.Recipe.WithFormat("gguf") };
        CompressionPipeline.Run(whole, TestContext.Current.CancellationToken);

        // A file where the converted folder shall be stops the run at that moment; what it leaves half done is begun anew.
        CompressionOptions stopped = whole with { Output = fixture.In("stopped") };
        string converted = Path.Combine(stopped.Output + ".partial", "converted");
        Assert.ThrowsAny<IOException>(() => CompressionPipeline.Run(
            stopped with { Progress = progress => File.WriteAllText(converted, "in the way") }, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(stopped.Output));
        File.Delete(converted);
        Directory.CreateDirectory(converted);
        File.WriteAllText(Path.Combine(converted, "model.gguf"), "half");
        CompressionPipeline.Run(stopped with { Resume = true }, TestContext.Current.CancellationToken);
        Folders.AssertEqual(whole.Output, stopped.Output);
    }

    [Fact]
    public void An_unknown_form_is_refused_with_those_there_are()
    {
        RecipeException error = Assert.Throws<RecipeException>(
            () => CompressionRecipe.Parse($$"""{"version":1,"steps":[{{Pruned}}],"output":{"format":"zip"} }"""));
        Assert.Equal("output.format", error.Path);
        Assert.Contains(string.Join(", ", OutputForm.Names), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_family_that_gguf_cannot_hold_is_refused_before_any_work()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Pruned) with { Model = SharedData.Require("models", "tiny", "opt") };
        CheckpointException error = Assert.Throws<CheckpointException>(
            () => CompressionPipeline.Run(options with { Recipe = options.Recipe.WithFormat("gguf") }, TestContext.Current.CancellationToken));
        Assert.Equal("model_type", error.Field);
        Assert.False(Directory.Exists(options.Output + ".partial"));
    }

    private static string[] StoredNames(string folder)
    {
        // Header: eight bytes of length, then JSON with a member for each tensor.
        string[] files = Directory.GetFiles(folder, "*.safetensors");
        return
        [
            .. files.SelectMany(file =>
            {
                byte[] bytes = File.ReadAllBytes(file);
                int length = (int)BitConverter.ToInt64(bytes);
                return JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject().Select(pair => pair.Key);
            }).Where(name => name != "__metadata__" && !name.EndsWith(".attn.bias", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
    }
}
