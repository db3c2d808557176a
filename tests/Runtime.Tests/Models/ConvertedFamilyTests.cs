using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>The checkpoints of every variant, written in another container: they must compute what they did, bit for bit.</summary>
public sealed class ConvertedFamilyTests : IDisposable
{
    // What GGUF has no key or no name for.
    private static readonly Dictionary<string, string> s_refused = new()
    {
        ["llama-rope-dynamic"] = "rope_scaling",
        ["llama-rope-dynamic-short"] = "rope_scaling",
        ["smollm3"] = "RopeLayers",
        ["gpt2-prefixed"] = "AttentionScaleByLayer",
        ["opt"] = "model_type",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-families-").FullName;

    public static TheoryData<string> Folders =>
    [
        .. TinyCheckpointTests.Folders.Select(row => row.Data), "llama-rope-dynamic", "phi3-longrope-short",
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_becomes_gguf_and_a_folder_of_shards_with_the_same_logits(string name)
    {
        string source = SharedData.Require("models", "tiny", name);
        int[] prompt = TinyGolden.Read(source).Prompt;
        float[][] expected = Logits(source, prompt);
        string shards = Path.Combine(_folder, "shards");
        Convert(source, shards, "safetensors");
        Assert.True(Directory.GetFiles(shards, "*.safetensors").Length > 1);
        Assert.Equal(expected, Logits(shards, prompt));

        string file = Path.Combine(_folder, "model.gguf");
        if (s_refused.TryGetValue(name, out string? field))
        {
            Assert.Equal(field, Assert.Throws<CheckpointException>(() => Convert(source, file, "gguf")).Field);
            Assert.False(File.Exists(file));
            return;
        }

        // llama3's scaling is stored as divisors of the frequencies, which rounds these once more.
        double tolerance = name is "llama-rope-llama3" or "llama-new-config" ? 1e-5 : 0;
        Convert(source, file, "gguf");
        AssertClose(expected, Logits(file, prompt), tolerance);
        string back = Path.Combine(_folder, "back");
        Convert(file, back, "safetensors");
        AssertClose(expected, Logits(back, prompt), tolerance);
    }

    private static void AssertClose(float[][] expected, float[][] actual, double tolerance)
    {
        double error = expected.Zip(actual, (a, b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max()).Max();
        Assert.True(error <= tolerance, $"Logits differ by {error:g3}.");
    }

    private static float[][] Logits(string path, int[] prompt)
    {
        using DecoderRun run = new(path, TinyCheckpointTests.Reference);
        return run.Score(prompt, prompt.Length);
    }

    private static void Convert(string source, string destination, string container)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        CheckpointConverter.Convert(checkpoint, destination, new ConvertOptions { Container = container, Type = "f32", MaximumShardBytes = 100_000 });
    }
}
