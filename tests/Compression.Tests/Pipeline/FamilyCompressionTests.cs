using System.Text.Json;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

/// <summary>Every family that is served can be compressed, whatever its files do with linears: fused, transposed, reordered, in GGUF.</summary>
public sealed class FamilyCompressionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-families-").FullName;

    public static TheoryData<string> Folders =>
    [
        "llama-gqa", "llama-tied", "llama-attention-bias", "llama-mlp-bias", "llama-head-dim", "llama-odd-shapes", "llama-rope-linear", "llama-rope-llama3",
        "llama-rope-yarn", "llama-rope-dynamic", "llama-rope-dynamic-short", "llama-mha-fp16", "llama-bf16", "llama-sharded", "llama-old-config",
        "llama-new-config", "mistral-sliding", "mistral-full", "qwen2-tied", "qwen2-sliding", "qwen3", "smollm3", "phi3", "phi3-longrope-long",
        "phi3-longrope-short", "gemma", "gemma2", "gemma3-text", "olmo2", "granite", "stablelm", "cohere", "mixtral", "qwen2-moe", "qwen3-moe", "olmoe",
        "gpt2", "gpt2-prefixed", "gpt-neox", "gpt-neox-sequential", "opt",
    ];

    public static TheoryData<string> OwnForms => ["phi3", "cohere", "gpt2", "gpt-neox"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Folders))]
    public void An_artifact_gives_the_probabilities_of_its_own_weights_in_the_family_s_plain_file(string name)
    {
        string artifact = Compress(SharedData.Require("models", "tiny", name), out CompressionReport report);
        Assert.All(report.Layers, layer => Assert.Equal(0.5, layer.Sparsity, 1));

        // The plain file takes the family's own way: what the artifact split is fused, transposed and reordered again.
        string plain = Path.Combine(_folder, "plain");
        using (Checkpoint compressed = Checkpoint.Open(artifact))
        {
            CheckpointConverter.Convert(compressed, plain, new ConvertOptions { Container = "safetensors", Type = "f32" });
        }

        AssertSame(Score(plain), Score(artifact));
    }

    [Theory]
    [InlineData("phi3")]
    [InlineData("cohere")]
    [InlineData("gpt2")]
    [InlineData("gpt-neox")]
    [InlineData("gemma")]
    [InlineData("gemma3-text")]
    [InlineData("llama-gqa")]
    [InlineData("qwen3-moe")]
    public void A_gguf_file_compresses_to_what_its_folder_does(string name)
    {
        string source = SharedData.Require("models", "tiny", name);
        string gguf = Path.Combine(_folder, "source.gguf");
        using (Checkpoint checkpoint = Checkpoint.Open(source))
        {
            CheckpointConverter.Convert(checkpoint, gguf, new ConvertOptions { Container = "gguf", Type = "f32" });
        }

        AssertSame(Score(Compress(source, out _)), Score(Compress(gguf, out _)));
    }

    [Theory]
    [MemberData(nameof(OwnForms))]
    public void A_family_with_a_form_of_its_own_is_refused_by_name_in_other_programs_formats(string name)
    {
        string source = SharedData.Require("models", "tiny", name);
        RecipeException error = Assert.Throws<RecipeException>(() => Run(source, Path.Combine(_folder, "out"), ""","output":{"format":"gptq"}"""));
        Assert.Equal("output.format", error.Path);
        Assert.Contains(name.Replace('-', '_'), error.Message, StringComparison.Ordinal);
        Assert.Contains("use 'sparrow', 'safetensors' or 'gguf'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deepseek-v2", "deepseek_v2")]
    [InlineData("mamba", "mamba")]
    [InlineData("opt-postnorm-proj", "do_layer_norm_before")]
    public void A_family_that_is_not_served_is_refused_by_name(string name, string part)
    {
        string source = SharedData.Require("models", "tiny", name);
        CheckpointException error = Assert.Throws<CheckpointException>(() => Run(source, Path.Combine(_folder, "out")));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static void AssertSame(double[] expected, double[] actual)
    {
        Assert.All(actual, value => Assert.True(double.IsFinite(value)));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
    }

    private string Compress(string source, out CompressionReport report)
    {
        string output = Path.Combine(_folder, $"artifact{Directory.GetDirectories(_folder).Length}");
        report = Run(source, output);
        return output;
    }

    private CompressionReport Run(string source, string output, string more = "")
    {
        string calibration = Path.Combine(_folder, "calibration.json");
        Random random = new(5);
        File.WriteAllText(calibration, JsonSerializer.Serialize(
            Enumerable.Range(0, 10).Select(_ => Enumerable.Range(0, 24).Select(_ => random.Next(300)).ToArray()).ToArray()));
        return CompressionPipeline.Run(
            new CompressionOptions
            {
                Model = source,
                Recipe = CompressionRecipe.Parse(
                    $$"""{"version":1,"steps":[{"type":"prune","method":"wanda","sparsity":0.5},{"type":"quantize","method":"rtn","bits":8,"group_size":-1,"symmetric":true}]{{more}}}"""),
                Output = output,
                CalibrationFile = calibration,
            },
            TestContext.Current.CancellationToken);
    }

    private static double[] Score(string path)
    {
        using LoadedModel model = ModelLoader.Load(path, new InferenceOptions { Activations = "float", KvProfile = "kv32", MaxRunning = 2, MaxBatchedTokens = 64 });
        Random random = new(3);
        int[] tokens = [.. Enumerable.Range(0, 24).Select(_ => random.Next(300))];
        SequenceScore score = new SequenceScorer(model, 64).Score([new ScoredSequence(tokens, 1)], TestContext.Current.CancellationToken)[0];
        return score.Logprobs;
    }
}
