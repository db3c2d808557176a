namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>How much better a model does at a task than the reference, over the same items.</summary>
/// <param name="Accuracy">Its accuracy less the reference's.</param>
/// <param name="StandardError">Of <paramref name="Accuracy"/>: that of the items' differences.</param>
/// <param name="NormalizedAccuracy">The same by log-probability per byte.</param>
/// <param name="NormalizedStandardError">Of <paramref name="NormalizedAccuracy"/>.</param>
public sealed record TaskDifference(double Accuracy, double StandardError, double NormalizedAccuracy, double NormalizedStandardError)
{
    /// <exception cref="ArgumentException">The results are of different numbers of items.</exception>
    public static TaskDifference Of(ZeroShotResult model, ZeroShotResult reference)
    {
        if (model.Count != reference.Count)
        {
            throw new ArgumentException($"Results over {model.Count} and {reference.Count} items cannot be compared.", nameof(reference));
        }

        double[] differences = Differences(model.Right, reference.Right);
        double[] normalized = Differences(model.NormalizedRight, reference.NormalizedRight);
        return new TaskDifference(
            differences.Average(), SampleStatistics.StandardError(differences), normalized.Average(), SampleStatistics.StandardError(normalized));
    }

    private static double[] Differences(IReadOnlyList<bool> model, IReadOnlyList<bool> reference) =>
        [.. model.Zip(reference, (a, b) => (a ? 1.0 : 0.0) - (b ? 1.0 : 0.0))];
}
