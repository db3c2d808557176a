namespace Sparrow.Compression.Training;

/// <summary>Values that are trained, and the gradient that a backward pass adds to.</summary>
/// <param name="Name">The tensor's name; with <c>.lora_A</c> or <c>.lora_B</c> behind it for adapters.</param>
/// <param name="Values">Row-major.</param>
/// <param name="Gradient">As long as the values.</param>
/// <param name="Decays">Whether weight decay applies: to matrices, not to gains and biases.</param>
public sealed record TrainingParameter(string Name, float[] Values, float[] Gradient, bool Decays);
