namespace Sparrow.Server.Observability.Exposition;

/// <summary>How a series is called in the text.</summary>
/// <param name="Text">Name without the suffix of its type.</param>
/// <param name="HasEngineLabel">Whether vLLM's label <c>engine</c> is added.</param>
internal readonly record struct MetricName(string Text, bool HasEngineLabel);
