using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Steps;

public sealed class PresetTests
{
    public static TheoryData<string> Presets() => [.. RecipePresets.Names];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Every_preset_makes_a_smaller_artifact_that_loads(string name)
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { HiddenSize = 128, IntermediateSize = 256, Type = "bf16", TiedEmbeddings = true });
        CompressionOptions options = fixture.Options("""{"type":"quantize","method":"rtn"}""") with { Recipe = Shortened(RecipePresets.Read(name)) };

        CompressionReport report = CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        Assert.True(report.SizeAfter.Bytes < 0.8 * report.SizeBefore.Bytes, $"{report.SizeAfter.Bytes} of {report.SizeBefore.Bytes} bytes");
        Assert.All(report.Layers, layer => Assert.InRange(layer.BitsPerWeight, 1, 11));
        Assert.Equal(name switch { "fast" => 0.5, "small" => 0.6, _ => 0 }, report.SizeAfter.Sparsity, 2);
        using LoadedModel model = ModelLoader.Load(options.Output, new InferenceOptions());
    }

    // A preset trains and searches for minutes; what is checked here does not depend on how long.
    private static CompressionRecipe Shortened(string preset)
    {
        JsonNode recipe = JsonNode.Parse(preset)!;
        foreach (JsonNode? step in recipe["steps"]!.AsArray())
        {
            if ((string?)step!["type"] == "adapt")
            {
                step["tokens"] = 2048;
                step["length"] = 64;
            }
            else if ((string?)step["type"] == "tune_kv")
            {
                step["evaluations"] = 4;
            }
        }

        return CompressionRecipe.Parse(recipe.ToJsonString());
    }
}
