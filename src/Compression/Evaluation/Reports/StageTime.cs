namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>Wall time of a part of the work.</summary>
/// <param name="Name">What was done: <c>calibration</c>, <c>prune</c>, <c>evaluation</c>.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record StageTime(string Name, double Seconds);
