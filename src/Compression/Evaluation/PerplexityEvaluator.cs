using Sparrow.Runtime.Tokenization;

namespace Sparrow.Compression.Evaluation;

/// <summary>Perplexity of a text over windows that do not overlap.</summary>
public static class PerplexityEvaluator
{
    /// <summary>Scores a text.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="convention">How it becomes windows.</param>
    /// <param name="window">Tokens of a window; what does not fill one is left out.</param>
    /// <param name="maxWindows">Most windows; null: all.</param>
    /// <param name="progress">Share of the windows scored, 0 to 1.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    /// <exception cref="ArgumentException">The window is longer than the context, or the text shorter than a window.</exception>
    public static PerplexityResult Evaluate(
        SequenceScorer scorer,
        Tokenizer tokenizer,
        string text,
        PerplexityConvention convention,
        int window,
        int? maxWindows = null,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default)
    {
        if (window < 4 || window > scorer.ContextLength)
        {
            throw new ArgumentException($"A window of {window} tokens is not between 4 and the context of {scorer.ContextLength}.", nameof(window));
        }

        int[] tokens = Tokenize(tokenizer, text, convention);
        int count = Math.Min(tokens.Length / window, maxWindows ?? int.MaxValue);
        if (count == 0)
        {
            throw new ArgumentException($"The text has {tokens.Length} tokens, less than a window of {window}.", nameof(text));
        }

        int? first = convention == PerplexityConvention.LlamaCpp && AddsBegin(tokenizer) ? tokenizer.BeginOfSequenceId : null;
        int firstScored = convention == PerplexityConvention.LlamaCpp ? (window / 2) + 1 : 1;
        double[] means = new double[count];
        for (int i = 0; i < count; i++)
        {
            int[] sequence = tokens.AsSpan(i * window, window).ToArray();
            sequence[0] = first ?? sequence[0];
            means[i] = -scorer.Score([new ScoredSequence(sequence, firstScored)], cancellation)[0].Logprobs.Average();
            progress?.Report((i + 1.0) / count);
        }

        // Windows score equally many tokens, so the mean of means is the mean over tokens.
        return new PerplexityResult(Math.Exp(means.Average()), (long)count * (window - firstScored), means);
    }

    /// <summary>A text's tokens in a convention, uncut.</summary>
    public static int[] Tokenize(Tokenizer tokenizer, string text, PerplexityConvention convention) =>
        tokenizer.Encode(convention == PerplexityConvention.Gptq ? JoinRows(text) : text, addSpecialTokens: true);

    // The data set's rows are lines with their newline, but for blank ones, which are empty texts there.
    private static string JoinRows(string text)
    {
        string[] lines = text.Split('\n');
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        return string.Join("\n\n", lines.Take(count).Select(line => string.IsNullOrWhiteSpace(line) ? "" : line + "\n"));
    }

    private static bool AddsBegin(Tokenizer tokenizer) =>
        tokenizer.Encode("", addSpecialTokens: true) is [int first, ..] && first == tokenizer.BeginOfSequenceId;
}
