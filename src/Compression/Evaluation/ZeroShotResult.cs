namespace Sparrow.Compression.Evaluation;

/// <summary>How a model did at a task.</summary>
/// <param name="Count">Items.</param>
/// <param name="Accuracy">Share where the right continuation has the largest sum, or for a greedy task is what greedy decoding yields.</param>
/// <param name="NormalizedAccuracy">The same by sum over the continuation's bytes; equal to <paramref name="Accuracy"/> for a greedy task.</param>
/// <param name="Perplexity">Of the continuations, for a greedy task: exp of the mean negative sum.</param>
/// <param name="LogprobSums">For each item, each continuation's sum of log-probabilities.</param>
public sealed record ZeroShotResult(
    int Count, double Accuracy, double NormalizedAccuracy, double? Perplexity, IReadOnlyList<IReadOnlyList<double>> LogprobSums)
{
    /// <summary>For each item, whether it counts as right.</summary>
    public required IReadOnlyList<bool> Right { get; init; }

    /// <summary>The same by sum over the continuation's bytes.</summary>
    public required IReadOnlyList<bool> NormalizedRight { get; init; }
}
