namespace Sparrow.Compression.Training;

/// <summary>A training that cannot begin or go on: what was being done, and what stands in the way.</summary>
public sealed class TrainingException(string message, Exception? inner = null) : Exception(message, inner);
