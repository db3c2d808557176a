using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>Random checkpoints of every variant against the reference implementation's numbers.</summary>
public sealed class TinyCheckpointTests
{
    // Float sums in another order stay within 5e-5 of the reference; its smallest real mistake would be 6e-4.
    private const double LogitTolerance = 1e-4;
    private const double LogprobTolerance = 1e-3;

    public static TheoryData<string> Folders =>
    [
        "llama-gqa", "llama-tied", "llama-attention-bias", "llama-mlp-bias", "llama-head-dim", "llama-odd-shapes", "llama-rope-linear",
        "llama-rope-llama3", "llama-rope-yarn", "llama-rope-dynamic-short", "llama-mha-fp16", "llama-bf16", "llama-sharded", "llama-old-config",
        "llama-new-config", "mistral-sliding", "mistral-full", "qwen2-tied", "qwen2-sliding", "qwen3", "smollm3", "phi3", "phi3-longrope-long",
        "gemma", "gemma2", "gemma3-text", "olmo2", "granite", "stablelm", "cohere",
        "mixtral", "qwen2-moe", "qwen3-moe", "olmoe", "gpt2", "gpt2-prefixed", "gpt-neox", "gpt-neox-sequential", "opt",
    ];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Logits_and_greedy_tokens_match_the_reference(string name)
    {
        string folder = SharedData.Require("models", "tiny", name);
        using DecoderRun run = new(folder, Reference);
        Check(run, TinyGolden.Read(folder));
    }

    [Fact]
    public void Dynamic_rope_beyond_the_trained_context_keeps_one_base_for_all_lengths()
    {
        string folder = SharedData.Require("models", "tiny", "llama-rope-dynamic");
        using DecoderRun run = new(folder, Reference with { ContextLength = 64 });
        TinyGolden golden = TinyGolden.Read(folder, "_fixed_base");
        CheckLogits(run.Score(golden.Prompt, 36)[^1], golden.LastLogits);
        CheckGreedy(run, golden);
    }

    [Fact]
    public void Longrope_served_within_the_original_context_takes_the_short_factors()
    {
        string folder = SharedData.Require("models", "tiny", "phi3-longrope-short");
        using DecoderRun run = new(folder, Reference with { ContextLength = 64 });
        Check(run, TinyGolden.Read(folder));
    }

    [Fact]
    public void An_opt_with_norms_after_and_projected_embeddings_is_refused()
    {
        string folder = SharedData.Require("models", "tiny", "opt-postnorm-proj");
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder));
        Assert.Equal(("do_layer_norm_before", "true", "false"), (exception.Field, exception.Expected, exception.Found));
    }

    [Fact]
    public void Learned_positions_are_not_served_beyond_their_number()
    {
        string folder = SharedData.Require("models", "tiny", "gpt2");
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new DecoderRun(folder, Reference with { ContextLength = 65 }));
        Assert.Equal("max_position_embeddings", exception.Field);
    }

    internal static InferenceOptions Reference { get; } = new()
    {
        Activations = "float",
        KvProfile = "kv32",
        KvCacheBytes = 4 << 20,
        MaxRunning = 4,
        MaxBatchedTokens = 128,
    };

    private static void Check(DecoderRun run, TinyGolden golden)
    {
        float[][] whole = run.Score(golden.Prompt, golden.Prompt.Length);
        CheckLogits(whole[^1], golden.LastLogits);
        for (int i = 1; i < golden.Prompt.Length; i++)
        {
            Assert.Equal(golden.PromptLogprobs[i], LogProbability.Of(whole[i - 1], golden.Prompt[i]), LogprobTolerance);
        }

        foreach (int chunk in new[] { 1, 7, 32 })
        {
            Assert.Equal(whole, run.Score(golden.Prompt, chunk));
        }

        CheckBatch(run, golden.Prompt, whole);
        CheckGreedy(run, golden);
    }

    // Three sequences that start at different steps and take different numbers of tokens each.
    private static void CheckBatch(DecoderRun run, int[] prompt, float[][] alone)
    {
        int[] counts = [5, 1, 3];
        CachedSequence[] sequences = [.. counts.Select(_ => run.Start(prompt.Length))];
        for (int step = 0; sequences.Any(sequence => sequence.Length < prompt.Length); step++)
        {
            run.Batch.Clear();
            List<float[]> expected = [];
            for (int i = 0; i < counts.Length; i++)
            {
                CachedSequence sequence = sequences[i];
                int count = step < i ? 0 : Math.Min(counts[i], prompt.Length - sequence.Length);
                if (count > 0)
                {
                    run.Batch.Add(prompt.AsSpan(sequence.Length, count), sequence.Length, sequence.BlockTable, sequence.OpenSlot, 1);
                    sequence.Length += count;
                    expected.Add(alone[sequence.Length - 1]);
                }
            }

            Assert.Equal(expected.SelectMany(row => row), run.Decoder.Forward(run.Batch).ToArray());
        }

        foreach (CachedSequence sequence in sequences)
        {
            run.End(sequence);
        }
    }

    private static void CheckLogits(float[] logits, float[] expected)
    {
        double largest = expected.Max(Math.Abs);
        double error = logits.Zip(expected, (x, y) => Math.Abs((double)x - y)).Max();
        Assert.True(error / largest <= LogitTolerance, $"Largest logit error {error:g3} of {largest:g3}.");
    }

    private static void CheckGreedy(DecoderRun run, TinyGolden golden)
    {
        CachedSequence sequence = run.Start(golden.Prompt.Length + golden.Greedy.Length);
        float[] logits = run.Feed(sequence, golden.Prompt, golden.Prompt.Length, 1)[0];
        foreach (GreedyToken token in golden.Greedy)
        {
            if (token.Margin > LogprobTolerance)
            {
                Assert.Equal(token.Id, LogProbability.Best(logits));
            }

            Assert.Equal(token.Logprob, LogProbability.Of(logits, token.Id), LogprobTolerance);
            logits = run.Feed(sequence, [token.Id], 1, 1)[0];
        }

        run.End(sequence);
    }
}
