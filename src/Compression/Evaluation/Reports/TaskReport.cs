namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>Accuracy at a zero-shot task.</summary>
/// <param name="Items">Questions.</param>
/// <param name="Accuracy">Share answered rightly.</param>
/// <param name="NormalizedAccuracy">The same by log-probability per byte.</param>
/// <param name="StandardError">Of <paramref name="Accuracy"/>.</param>
/// <param name="NormalizedStandardError">Of <paramref name="NormalizedAccuracy"/>.</param>
public sealed record TaskReport(int Items, double Accuracy, double NormalizedAccuracy, double StandardError, double NormalizedStandardError);
