namespace Sparrow.Compression.Training;

/// <summary>One step of an optimiser.</summary>
/// <param name="Step">From 0.</param>
/// <param name="Loss">Mean cross entropy over the step's targets before the step, in nats.</param>
/// <param name="GradientNorm">Length of the gradient before clipping.</param>
/// <param name="LearningRate">The rate that was used.</param>
/// <param name="Tokens">Tokens that went through.</param>
public sealed record TrainingStepResult(int Step, double Loss, double GradientNorm, double LearningRate, int Tokens);
