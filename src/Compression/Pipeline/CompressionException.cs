namespace Sparrow.Compression.Pipeline;

/// <summary>A compression that cannot go on: what was being done, and what stands in the way.</summary>
public sealed class CompressionException(string message, Exception? inner = null) : Exception(message, inner);
