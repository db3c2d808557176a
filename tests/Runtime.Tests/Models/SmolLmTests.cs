using Sparrow.Runtime.Kernels;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>SmolLM2-135M against the reference implementation's numbers, on every kernel set that this machine can run.</summary>
/// <remarks>
/// The short prompts only, so that the suite stays quick, and fewer of them on the weaker sets; <c>SPARROW_ALL_PROMPTS</c> with a set's name, or <c>all</c>, runs every prompt.
/// </remarks>
public sealed class SmolLmTests
{
    // Float sums in another order move log-probabilities by about 4e-5 through 30 layers.
    private const double FloatTolerance = 5e-4;

    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Float_activations_and_cache_match_the_reference(string kernels)
    {
        using DecoderRun run = Load(kernels, "float", "kv32");
        foreach (PromptGolden golden in Prompts(kernels))
        {
            CachedSequence sequence = run.Start(golden.Ids.Length + golden.Greedy.Length);
            float[][] logits = run.Feed(sequence, golden.Ids, 512, golden.PromptLogprobs.Length > 0 ? golden.Ids.Length : 1);
            for (int i = 1; i < golden.PromptLogprobs.Length; i++)
            {
                AssertNear(golden.PromptLogprobs[i], LogProbability.Of(logits[i - 1], golden.Ids[i]), golden.Name);
            }

            CheckTop(golden, logits[^1]);
            FollowGreedy(run, sequence, golden, logits[^1], GreedyTokens(kernels), (expected, found) => AssertNear(expected, found, golden.Name));
            run.End(sequence);
        }
    }

    [Fact]
    public void Hidden_states_of_every_layer_match_the_reference()
    {
        using DecoderRun run = Load("auto", "float", "kv32");
        foreach (PromptGolden golden in Prompts("auto").Where(prompt => prompt.LastHidden.Length > 0))
        {
            float[][] hidden = LaboratoryWalk.LastHidden(run.Decoder.Model, golden.Ids);
            Assert.Equal(golden.LastHidden.Length, hidden.Length);
            for (int layer = 0; layer < hidden.Length; layer++)
            {
                for (int i = 0; i < golden.LastHidden[layer].Length; i++)
                {
                    // The reference has six decimals; some channels of the residual stream are in the thousands.
                    Assert.Equal(golden.LastHidden[layer][i], hidden[layer][i], 2e-4 + (1e-4 * Math.Abs(golden.LastHidden[layer][i])));
                }
            }
        }
    }

    [Fact]
    public void Int8_activations_and_half_cache_stay_close_to_the_reference()
    {
        using DecoderRun run = Load("auto", "int8", "kv16");
        List<double> promptErrors = [];
        List<double> greedyErrors = [];
        foreach (PromptGolden golden in Prompts("auto"))
        {
            CachedSequence sequence = run.Start(golden.Ids.Length + golden.Greedy.Length);
            float[][] logits = run.Feed(sequence, golden.Ids, 512, golden.PromptLogprobs.Length > 0 ? golden.Ids.Length : 1);
            for (int i = 1; i < golden.PromptLogprobs.Length; i++)
            {
                promptErrors.Add(Math.Abs(golden.PromptLogprobs[i] - LogProbability.Of(logits[i - 1], golden.Ids[i])));
            }

            FollowGreedy(run, sequence, golden, logits[^1], int.MaxValue, (expected, found) => greedyErrors.Add(Math.Abs(expected - found)));
            run.End(sequence);
        }

        TestContext.Current.SendDiagnosticMessage($"Mean error: {promptErrors.Average():f4} on prompts, {greedyErrors.Average():f4} on greedy tokens.");
        Assert.InRange(promptErrors.Average(), 0, 0.12);
        Assert.InRange(greedyErrors.Average(), 0, 0.05);
    }

    private static DecoderRun Load(string kernels, string activations, string profile)
    {
        string path = Directory.GetFiles(SharedData.Require("models", "smollm2-135m-instruct"), "*.gguf").Single();
        return new DecoderRun(path, new InferenceOptions
        {
            Kernels = kernels,
            Activations = activations,
            KvProfile = profile,
            KvCacheBytes = 512L << 20,
            MaxRunning = 4,
            MaxBatchedTokens = 512,
        });
    }

    private static IEnumerable<PromptGolden> Prompts(string kernels)
    {
        // Tokens in a prompt: the scalar set takes seconds for each.
        int longest = RunsEverything(kernels) ? int.MaxValue : kernels switch
        {
            "scalar" => 6,
            "portable" => 200,
            _ => 2000,
        };
        return PromptGolden.ReadAll(SharedData.Require("golden", "smollm2", "prompts.jsonl")).Where(prompt => prompt.Ids.Length <= longest);
    }

    private static int GreedyTokens(string kernels) => RunsEverything(kernels) ? int.MaxValue : kernels == "scalar" ? 2 : 16;

    private static bool RunsEverything(string kernels)
    {
        string? chosen = Environment.GetEnvironmentVariable("SPARROW_ALL_PROMPTS");
        return chosen == "all" || chosen == kernels;
    }

    private static void CheckTop(PromptGolden golden, float[] logits)
    {
        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).Take(golden.Top.Length)];
        for (int i = 0; i < golden.Top.Length; i++)
        {
            AssertNear(golden.Top[i].Logprob, LogProbability.Of(logits, golden.Top[i].Id), golden.Name);
            bool apart = (i == 0 || golden.Top[i - 1].Logit - golden.Top[i].Logit > 1e-3)
                && i + 1 < golden.Top.Length && golden.Top[i].Logit - golden.Top[i + 1].Logit > 1e-3;
            if (apart)
            {
                Assert.Equal(golden.Top[i].Id, order[i]);
            }
        }
    }

    // Along the reference's tokens, so that one close call does not spoil the rest.
    private static void FollowGreedy(
        DecoderRun run, CachedSequence sequence, PromptGolden golden, float[] logits, int count, Action<double, double> compare)
    {
        foreach (GreedyToken token in golden.Greedy.Take(count))
        {
            compare(token.Logprob, LogProbability.Of(logits, token.Id));
            logits = run.Feed(sequence, [token.Id], 1, 1)[0];
        }
    }

    private static void AssertNear(double expected, double found, string prompt) =>
        Assert.True(Math.Abs(expected - found) <= FloatTolerance, $"Prompt '{prompt}': log-probability {found:f6} instead of {expected:f6}.");
}
