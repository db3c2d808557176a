namespace Sparrow.Compression.Evaluation;

/// <summary>Perplexity of a text.</summary>
/// <param name="Value">exp of the mean negative log-likelihood over all scored tokens.</param>
/// <param name="Tokens">Scored tokens.</param>
/// <param name="WindowNll">Mean negative log-likelihood of each window.</param>
/// <param name="StandardError">Of <paramref name="Value"/>, to first order, scored tokens taken as independent.</param>
public sealed record PerplexityResult(double Value, long Tokens, IReadOnlyList<double> WindowNll, double StandardError)
{
    /// <param name="windowNll">Means of windows that score equally many tokens.</param>
    /// <param name="losses">Every token's negative log-likelihood.</param>
    internal static PerplexityResult Of(double[] windowNll, IReadOnlyList<double> losses)
    {
        // Windows score equally many tokens, so the mean of means is the mean over tokens.
        double value = Math.Exp(windowNll.Average());
        return new PerplexityResult(value, losses.Count, windowNll, value * SampleStatistics.StandardError(losses));
    }
}
