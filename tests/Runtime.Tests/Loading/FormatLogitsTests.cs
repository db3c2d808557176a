using System.Text.Json;
using Sparrow.Runtime.Tests.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

/// <summary>Whole models in every storage format, from file to logits: layouts and kernels must serve what the codecs put into them.</summary>
public sealed class FormatLogitsTests(ITestOutputHelper output)
{
    // Float sums in another order; the reference's own usual difference is 1e-5.
    private const double Tolerance = 1e-4;

    private const double Int8Tolerance = 0.03;

    public static TheoryData<string> GgufFiles() =>
    [
        "f32.gguf", "f16.gguf", "bf16.gguf", "q8_0.gguf", "q4_0.gguf", "q4_1.gguf", "q5_0.gguf", "q5_1.gguf", "q2_K.gguf", "q3_K_S.gguf", "q3_K_M.gguf",
        "q3_K_L.gguf", "q4_K_S.gguf", "q4_K_M.gguf", "q5_K_S.gguf", "q5_K_M.gguf", "q6_K.gguf", "iq4_nl.gguf", "iq4_xs.gguf", "tq1_0.gguf", "tq2_0.gguf",
        "mxfp4.gguf", "nvfp4.gguf", "q1_0_q2_0.gguf", "iq1_s.gguf", "iq1_m.gguf", "iq2_xxs.gguf", "iq2_xs.gguf", "iq2_m.gguf", "iq3_xxs.gguf", "iq3_s.gguf",
    ];

    [Theory, MemberData(nameof(GgufFiles))]
    public void Gguf_files_give_the_reference_logits(string file)
    {
        string root = SharedData.Require("models", "formats", "gguf");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "golden.json")));
        Check(Path.Combine(root, file), golden.RootElement.GetProperty("prompt"), golden.RootElement.GetProperty("files").GetProperty(file).GetProperty("reference"));
    }

    [Theory, MemberData(nameof(QuantizedFolderTests.Folders), MemberType = typeof(QuantizedFolderTests))]
    public void Quantised_folders_give_the_reference_logits(string folder)
    {
        string path = SharedData.Require("models", "formats", "hf", folder);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "golden.json")));
        JsonElement reference = golden.RootElement.GetProperty("reference");
        Check(path, reference.GetProperty("prompt"), reference);
    }

    // Rounding activations to 8 bits moves the logits of these models of random weights by 1.6 to 1.9 % of their size, whatever the format is.
    [Theory]
    [InlineData("gguf", "q2_K.gguf")]
    [InlineData("gguf", "q3_K_M.gguf")]
    [InlineData("gguf", "q4_K_M.gguf")]
    [InlineData("gguf", "q5_K_M.gguf")]
    [InlineData("gguf", "q6_K.gguf")]
    [InlineData("gguf", "iq1_m.gguf")]
    [InlineData("gguf", "iq2_xs.gguf")]
    [InlineData("gguf", "iq3_s.gguf")]
    [InlineData("gguf", "iq4_xs.gguf")]
    [InlineData("gguf", "nvfp4.gguf")]
    [InlineData("gguf", "q4_0.gguf")]
    [InlineData("gguf", "q8_0.gguf")]
    [InlineData("hf", "gptq-w4-g64-asym")]
    [InlineData("hf", "gptq-w4-g64-desc")]
    [InlineData("hf", "gptq-w8-g128-sym")]
    [InlineData("hf", "awq-w4-g128")]
    [InlineData("hf", "ct-w4a16-g64-actorder")]
    [InlineData("hf", "ct-w4a16-g128-asym")]
    [InlineData("hf", "ct-nvfp4a16")]
    public void Int8_activations_stay_near_float(string container, string name)
    {
        string path = SharedData.Require("models", "formats", container, name);
        int[] ids = [.. Enumerable.Range(0, 24).Select(i => ((i * 37) + 5) % 200)];
        float[][] expected = Score(path, ids, "float");
        float[][] actual = Score(path, ids, "int8");
        double error = 0;
        double size = 0;
        for (int token = 0; token < ids.Length; token++)
        {
            for (int i = 0; i < expected[token].Length; i++)
            {
                error += Math.Pow(expected[token][i] - actual[token][i], 2);
                size += Math.Pow(expected[token][i], 2);
            }
        }

        double relative = Math.Sqrt(error / size);
        output.WriteLine($"{name}: relative error {relative:E1}");
        Assert.InRange(relative, 1e-5, Int8Tolerance);
    }

    private static float[][] Score(string path, int[] ids, string activations)
    {
        InferenceOptions options = new() { Activations = activations, KvProfile = "kv32", KvCacheBytes = 4 << 20, MaxRunning = 2, MaxBatchedTokens = 64 };
        using DecoderRun run = new(path, options);
        Assert.Equal(activations, run.Loaded.Activations);
        return run.Score(ids, ids.Length);
    }

    private void Check(string path, JsonElement prompt, JsonElement reference)
    {
        InferenceOptions options = new() { Activations = "float", KvProfile = "kv32", KvCacheBytes = 4 << 20, MaxRunning = 2, MaxBatchedTokens = 64 };
        using DecoderRun run = new(path, options);
        int[] ids = [.. prompt.EnumerateArray().Select(id => id.GetInt32())];
        float[] logits = run.Score(ids, ids.Length)[^1];
        double worst = reference.GetProperty("logits").EnumerateArray().Select((value, i) => Math.Abs(value.GetDouble() - logits[i])).Max();
        output.WriteLine($"{Path.GetFileName(path)}: largest difference {worst:E1}");
        Assert.True(worst <= Tolerance, $"largest difference {worst:E2}");
    }
}
