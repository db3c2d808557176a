using Sparrow.Runtime.Tokenization;

namespace Sparrow.Compression.Evaluation;

/// <summary>A text's tokens in windows that do not overlap.</summary>
/// <param name="Windows">Equally long; what does not fill one is left out.</param>
/// <param name="FirstScored">First token of each window that is scored.</param>
public sealed record TextWindows(IReadOnlyList<int[]> Windows, int FirstScored)
{
    /// <summary>Tokens that are scored in all windows.</summary>
    public long ScoredTokens => Windows.Sum(window => (long)window.Length - FirstScored);

    /// <summary>Cuts a text.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="text">The text.</param>
    /// <param name="convention">How it becomes windows.</param>
    /// <param name="window">Tokens of a window.</param>
    /// <param name="maxWindows">Most windows; null: all.</param>
    /// <exception cref="ArgumentException">The text is shorter than a window, or a window shorter than 4 tokens.</exception>
    public static TextWindows Cut(Tokenizer tokenizer, string text, PerplexityConvention convention, int window, int? maxWindows = null)
    {
        if (window < 4)
        {
            throw new ArgumentException($"A window of {window} tokens is shorter than 4.", nameof(window));
        }

        int[] tokens = PerplexityEvaluator.Tokenize(tokenizer, text, convention);
        int count = Math.Min(tokens.Length / window, maxWindows ?? int.MaxValue);
        if (count == 0)
        {
            throw new ArgumentException($"The text has {tokens.Length} tokens, less than a window of {window}.", nameof(text));
        }

        int? first = convention == PerplexityConvention.LlamaCpp && AddsBegin(tokenizer) ? tokenizer.BeginOfSequenceId : null;
        int[][] windows = new int[count][];
        for (int i = 0; i < count; i++)
        {
            windows[i] = tokens.AsSpan(i * window, window).ToArray();
            windows[i][0] = first ?? windows[i][0];
        }

        return new TextWindows(windows, convention == PerplexityConvention.LlamaCpp ? (window / 2) + 1 : 1);
    }

    private static bool AddsBegin(Tokenizer tokenizer) =>
        tokenizer.Encode("", addSpecialTokens: true) is [int first, ..] && first == tokenizer.BeginOfSequenceId;
}
