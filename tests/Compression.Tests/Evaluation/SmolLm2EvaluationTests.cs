using System.Text.Json;
using Sparrow.Compression.Evaluation;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation;

/// <summary>A few windows and items of the reference values; scripts/evaluate-smollm2.sh runs the whole tables.</summary>
public sealed class SmolLm2EvaluationTests
{
    private const int StepTokens = 256;

    private static string ModelPath => SharedData.Require("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");

    [Fact]
    public void Both_conventions_give_the_reference_tokens()
    {
        string text = File.ReadAllText(SharedData.Require("data", "wikitext2", "wiki.test.raw"));
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedData.Require("golden", "smollm2", "wikitext2_tokens.json")));
        using Checkpoint checkpoint = Checkpoint.Open(ModelPath);
        Runtime.Tokenization.Tokenizer tokenizer = checkpoint.LoadTokenizer()!;

        int[] gptq = PerplexityEvaluator.Tokenize(tokenizer, text, PerplexityConvention.Gptq);
        int[] llamaCpp = PerplexityEvaluator.Tokenize(tokenizer, text, PerplexityConvention.LlamaCpp);

        Assert.Equal(expected.RootElement.GetProperty("gptq_tokens").GetInt32(), gptq.Length);
        Assert.Equal(expected.RootElement.GetProperty("llamacpp_tokens").GetInt32(), llamaCpp.Length);
        Assert.Equal(Ids(expected.RootElement.GetProperty("gptq_first16")), gptq[..16]);
        Assert.Equal(Ids(expected.RootElement.GetProperty("llamacpp_first16")), llamaCpp[..16]);
    }

    // The bounds are those of the reference data's own page: another order of summation, and a cache in half precision.
    [Theory]
    [InlineData("kv32", 1e-3)]
    [InlineData("kv16", 5e-3)]
    public void A_window_of_512_has_the_reference_loss(string profile, double tolerance)
    {
        string text = File.ReadAllText(SharedData.Require("data", "wikitext2", "wiki.test.raw"));
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedData.Require("golden", "smollm2", "perplexity.json")));
        double[] windows = [.. expected.RootElement.GetProperty("gptq_512_first40").GetProperty("window_nll").EnumerateArray().Select(nll => nll.GetDouble())];
        using LoadedModel model = Load(profile);

        PerplexityResult result = PerplexityEvaluator.Evaluate(
            new SequenceScorer(model, StepTokens), model.Tokenizer!, text, PerplexityConvention.Gptq, 512, maxWindows: 1,
            cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(511, result.Tokens);
        Assert.Equal(windows[0], Assert.Single(result.WindowNll), tolerance);
        Assert.Equal(Math.Exp(result.WindowNll[0]), result.Value, 1e-9);
    }

    [Theory]
    [InlineData("piqa", "piqa")]
    [InlineData("arc_easy", "arc_easy")]
    [InlineData("lambada", "lambada_openai")]
    public void The_first_items_of_a_task_have_the_reference_sums(string name, string referenceName)
    {
        const int Items = 5;
        ZeroShotTask task = ZeroShotTask.All.Single(task => task.Name == name);
        double[][] expected = ReadReference(referenceName);
        IReadOnlyList<ZeroShotItem> items = task.Read(SharedData.Require("data", "eval", task.File), Items);
        using LoadedModel model = Load("kv32");

        ZeroShotResult result = ZeroShotEvaluator.Evaluate(
            new SequenceScorer(model, StepTokens), model.Tokenizer!, task, items, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(Items, result.Count);
        for (int i = 0; i < Items; i++)
        {
            Assert.Equal(expected[i].Length, result.LogprobSums[i].Count);
            Assert.All(expected[i].Zip(result.LogprobSums[i]), pair => Assert.Equal(pair.First, pair.Second, 0.02));
        }
    }

    private static LoadedModel Load(string profile) => ModelLoader.Load(
        ModelPath, new InferenceOptions { Activations = "float", KvProfile = profile, MaxRunning = 64, MaxBatchedTokens = StepTokens });

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static double[][] ReadReference(string name)
    {
        foreach (string line in File.ReadLines(SharedData.Require("golden", "smollm2", "zero_shot.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.GetProperty("task").GetString() != name)
            {
                continue;
            }

            return root.TryGetProperty("logprob_sums", out JsonElement sums)
                ? [.. sums.EnumerateArray().Select(item => item.EnumerateArray().Select(sum => sum.GetDouble()).ToArray())]
                : [.. root.GetProperty("rows").EnumerateArray().Select(row => new[] { row[0].GetDouble() })];
        }

        throw new InvalidDataException($"The reference has no task '{name}'.");
    }
}
