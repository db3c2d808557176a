using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Evaluation;

/// <summary>From results to what reports say of them.</summary>
public static class ReportConversion
{
    /// <param name="result">Perplexity of a text.</param>
    /// <param name="convention">How the text became windows.</param>
    /// <param name="window">Tokens of a window.</param>
    public static PerplexityReport ToReport(this PerplexityResult result, PerplexityConvention convention, int window) => new()
    {
        Value = result.Value,
        StandardError = result.StandardError,
        Tokens = result.Tokens,
        Convention = convention == PerplexityConvention.Gptq ? "gptq" : "llama.cpp",
        Window = window,
        Windows = result.WindowNll.Count,
    };

    public static TaskReport ToReport(this ZeroShotResult result) => new(
        result.Count,
        result.Accuracy,
        result.NormalizedAccuracy,
        SampleStatistics.ShareError(result.Accuracy, result.Count),
        SampleStatistics.ShareError(result.NormalizedAccuracy, result.Count));
}
