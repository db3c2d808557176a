namespace Sparrow.Compression.Training;

/// <summary>Where a training stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="StepCount">Steps in all.</param>
/// <param name="Loss">Of the last step, in nats a token.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="GradientNorm">Of the last step, before clipping.</param>
/// <param name="TokensPerSecond">Over this run.</param>
/// <param name="Remaining">What is left at the pace so far.</param>
public sealed record TrainingProgress(
    int Step, int StepCount, double Loss, double LearningRate, double GradientNorm, double TokensPerSecond, TimeSpan Remaining);
