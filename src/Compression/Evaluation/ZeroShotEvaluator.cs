using System.Text;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Compression.Evaluation;

/// <summary>Multiple choice by log-probability: the continuation with the largest sum, or the largest sum per byte, is the model's answer.</summary>
public static class ZeroShotEvaluator
{
    /// <summary>Scores a task's items.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="task">Says what counts as right.</param>
    /// <param name="items">The items, at least one.</param>
    /// <param name="progress">Share of the items scored, 0 to 1.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    public static ZeroShotResult Evaluate(
        SequenceScorer scorer,
        Tokenizer tokenizer,
        ZeroShotTask task,
        IReadOnlyList<ZeroShotItem> items,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default)
    {
        List<IReadOnlyList<double>> sums = [];
        List<bool> right = [];
        List<bool> rightByBytes = [];
        foreach (ZeroShotItem item in items)
        {
            IReadOnlyList<SequenceScore> scores = scorer.Score(Encode(scorer, tokenizer, item), cancellation);
            double[] itemSums = [.. scores.Select(score => score.Sum)];
            double[] perByte = [.. itemSums.Zip(item.Continuations, (sum, text) => sum / Encoding.UTF8.GetByteCount(text))];
            sums.Add(itemSums);
            right.Add(task.IsGreedy ? scores[0].AreGreedy : IndexOfLargest(itemSums) == item.Label);
            rightByBytes.Add(task.IsGreedy ? scores[0].AreGreedy : IndexOfLargest(perByte) == item.Label);
            progress?.Report((double)sums.Count / items.Count);
        }

        double? perplexity = task.IsGreedy ? Math.Exp(-sums.Average(itemSums => itemSums[0])) : null;
        return new ZeroShotResult(items.Count, Share(right), Share(rightByBytes), perplexity, sums) { Right = right, NormalizedRight = rightByBytes };
    }

    // Context and continuation are encoded as one text; the continuation's tokens are those after the context's own number of tokens.
    private static ScoredSequence[] Encode(SequenceScorer scorer, Tokenizer tokenizer, ZeroShotItem item)
    {
        return [.. item.Contexts.Zip(item.Continuations, (context, continuation) =>
        {
            int contextTokens = tokenizer.Encode(context).Length;
            int[] tokens = tokenizer.Encode(context + continuation);

            // Too long a context loses its beginning.
            int excess = Math.Max(0, tokens.Length - 1 - scorer.ContextLength);
            int first = Math.Clamp(contextTokens, 1, tokens.Length - 1) - excess;
            return new ScoredSequence(tokens[excess..], Math.Max(1, first));
        })];
    }

    private static double Share(List<bool> answers) => (double)answers.Count(answer => answer) / answers.Count;

    private static int IndexOfLargest(double[] values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}
