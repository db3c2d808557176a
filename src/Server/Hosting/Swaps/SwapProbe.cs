using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Hosting.Swaps;

/// <summary>P-3: what a revision has to show before it takes requests.</summary>
internal static class SwapProbe
{
    private const int GeneratedTokens = 4;

    // Words, numbers, code, other scripts, and nothing much: each leads through other rows of the embedding.
    private static readonly string[] s_prompts =
    [
        "The quick brown fox jumps over the lazy dog.", "1 + 2 = 3; 17 * 23 = ", "def main():\n    return [x for x in range(10)]\n",
        "Größe, façade, naïve — Привет, 世界, שלום 🙂", "a",
    ];

    /// <summary>The gate of the job that made it, by the figures it was published with.</summary>
    /// <exception cref="SwapException"><c>quality_gate</c>.</exception>
    public static void RequireGate(RevisionRecord? revision)
    {
        if (revision?.Quality is { MeetsGate: false } quality)
        {
            throw new SwapException(
                "quality_gate",
                FormattableString.Invariant(
                    $"The revision's perplexity is {quality.Perplexity:0.###} against {quality.Baseline:0.###} before, and its gate allows {quality.MaxPerplexityIncrease:+0.0%}."));
        }
    }

    /// <summary>Runs a fixed set of prompts and some tokens after each, greedily. The model's engine must not have taken anything yet.</summary>
    /// <exception cref="SwapException"><c>probe_failed</c>: some logits are not finite numbers.</exception>
    public static void Run(LoadedModel model)
    {
        int longest = Math.Min(model.ContextLength, model.StepModel.BlockCount > 0 ? 2 * KvLayout.BlockTokens : KvLayout.BlockTokens) - GeneratedTokens - 1;
        StepBatch batch = new(Math.Max(1, longest), 1);
        model.ComputeIn(WorkerLane.Background);
        try
        {
            foreach (int[] prompt in Prompts(model, longest))
            {
                int next = Step(model, batch, prompt, 0);
                for (int i = 0; i < GeneratedTokens; i++)
                {
                    next = Step(model, batch, [next], prompt.Length + i);
                }
            }
        }
        finally
        {
            model.ComputeIn(WorkerLane.Serving);
        }
    }

    private static IEnumerable<int[]> Prompts(LoadedModel model, int longest)
    {
        int vocabulary = model.StepModel.VocabularySize;
        foreach (string text in s_prompts)
        {
            // Without a tokenizer the text's bytes pick tokens from all of the vocabulary.
            int[] tokens = model.Tokenizer?.Encode(text, addSpecialTokens: true)
                ?? [.. text.Select((character, index) => (int)(((character * 2654435761u) + (uint)index) % (uint)vocabulary))];
            yield return tokens.Length > longest ? tokens[..longest] : tokens;
        }
    }

    private static int Step(LoadedModel model, StepBatch batch, int[] tokens, int position)
    {
        batch.Clear();
        batch.Add(tokens, position, model.StepModel.BlockCount > 0 ? [0] : [], 0, 1);
        ReadOnlySpan<float> logits = model.StepModel.Forward(batch);
        int best = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!float.IsFinite(logits[i]))
            {
                throw new SwapException("probe_failed", $"The revision's logits are not finite numbers: token {i} got {logits[i]} at position {position}.");
            }

            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
