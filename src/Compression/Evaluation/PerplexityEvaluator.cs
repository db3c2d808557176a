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
        if (window > scorer.ContextLength)
        {
            throw new ArgumentException($"A window of {window} tokens is longer than the context of {scorer.ContextLength}.", nameof(window));
        }

        return Evaluate(scorer, TextWindows.Cut(tokenizer, text, convention, window, maxWindows), progress, cancellation);
    }

    /// <summary>Scores windows that have been cut.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="windows">The text.</param>
    /// <param name="progress">Share of the windows scored, 0 to 1.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    /// <exception cref="ArgumentException">The windows are longer than the context.</exception>
    public static PerplexityResult Evaluate(
        SequenceScorer scorer, TextWindows windows, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        double[] means = new double[windows.Windows.Count];
        List<double> losses = [];
        for (int i = 0; i < means.Length; i++)
        {
            double[] logprobs = scorer.Score([new ScoredSequence(windows.Windows[i], windows.FirstScored)], cancellation)[0].Logprobs;
            means[i] = -logprobs.Average();
            losses.AddRange(logprobs.Select(logprob => -logprob));
            progress?.Report((i + 1.0) / means.Length);
        }

        return PerplexityResult.Of(means, losses);
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
}
