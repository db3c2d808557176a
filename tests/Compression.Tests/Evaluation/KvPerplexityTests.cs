using System.Text.Json;
using Sparrow.Compression.Evaluation;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation;

/// <summary>
/// Perplexity of SmolLM2 under quantised caches against the reference, whose queries read their own page exactly as ours do. The first of its
/// windows for a few pairs; all windows of all pairs with <c>SPARROW_ALL_PROMPTS=1</c>.
/// </summary>
public sealed class KvPerplexityTests : IDisposable
{
    private const int Window = 2048;
    private const int StepTokens = 256;

    private readonly string _profile = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");

    private static bool RunsAll => Environment.GetEnvironmentVariable("SPARROW_ALL_PROMPTS") == "1";

    // The bands are those of the reference data's own page: low-bit caches amplify rounding.
    [Theory]
    [InlineData("per-token", 16, 16, 0.001, false)]
    [InlineData("per-token", 8, 8, 0.001, false)]
    [InlineData("per-token", 8, 4, 0.001, false)]
    [InlineData("per-token", 4, 8, 0.005, false)]
    [InlineData("per-token", 4, 4, 0.005, true)]
    [InlineData("per-token", 4, 2, 0.02, false)]
    [InlineData("per-token", 2, 4, 0.15, false)]
    [InlineData("per-token", 2, 2, 0.15, false)]
    [InlineData("kivi", 8, 8, 0.001, false)]
    [InlineData("kivi", 8, 4, 0.001, false)]
    [InlineData("kivi", 4, 8, 0.005, false)]
    [InlineData("kivi", 4, 4, 0.005, false)]
    [InlineData("kivi", 4, 2, 0.02, false)]
    [InlineData("kivi", 2, 4, 0.02, false)]
    [InlineData("kivi", 2, 2, 0.02, true)]
    public void Perplexity_is_within_the_references_band(string mode, int keyBits, int valueBits, double band, bool always)
    {
        Assert.SkipUnless(RunsAll || always, "Set SPARROW_ALL_PROMPTS=1 for every pair.");
        string text = File.ReadAllText(SharedData.Require("data", "wikitext2", "wiki.test.raw"));
        double[] expected = ReferenceLosses(mode, keyBits, valueBits);
        int windows = RunsAll ? expected.Length : 1;
        KvQuantizerMode quantizer = mode == "kivi" ? KvQuantizerMode.Kivi : KvQuantizerMode.PerToken;

        // The reference keeps scales, and what is not quantised, in single precision.
        KvProfileFile.Write(_profile, KvProfile.Uniform("reference", 30, new KvPair(keyBits, valueBits), quantizer) with { ScaleBits = 32 });
        string path = SharedData.Require("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        using LoadedModel model = ModelLoader.Load(
            path, new InferenceOptions { Activations = "float", KvProfile = _profile, MaxRunning = 4, MaxBatchedTokens = StepTokens });

        PerplexityResult result = PerplexityEvaluator.Evaluate(
            new SequenceScorer(model, StepTokens), model.Tokenizer!, text, PerplexityConvention.Gptq, Window, windows, null,
            TestContext.Current.CancellationToken);

        double reference = Math.Exp(expected.Take(windows).Average());
        TestContext.Current.SendDiagnosticMessage($"{mode} {keyBits}/{valueBits}, {windows} windows: {result.Value:f4}, reference {reference:f4}");
        // The bands are for the mean of four windows; a single one strays twice as far.
        double allowed = windows == 1 ? 2 * band : band;
        Assert.InRange(result.Value, reference * (1 - allowed), reference * (1 + allowed));
    }

    public void Dispose() => File.Delete(_profile);

    private static double[] ReferenceLosses(string mode, int keyBits, int valueBits)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(SharedData.Require("golden", "kv", "perplexity.json")));
        JsonElement result = golden.RootElement.GetProperty("results").EnumerateArray().Single(result =>
            result.GetProperty("mode").GetString() == mode
            && result.GetProperty("k_bits").GetInt32() == keyBits
            && result.GetProperty("v_bits").GetInt32() == valueBits
            && result.GetProperty("open_page_exact").GetBoolean()
            && result.GetProperty("dialect").GetString() == "A"
            && result.GetProperty("input_noise_seed").GetInt32() == 0);
        return [.. result.GetProperty("window_nll").EnumerateArray().Select(loss => loss.GetDouble())];
    }
}
