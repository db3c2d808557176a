using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Pipeline;

/// <summary>The result does not hold to what the recipe demands; no artifact has been made.</summary>
public sealed class GateException(string message, CompressionReport report) : Exception(message)
{
    /// <summary>What was measured.</summary>
    public CompressionReport Report { get; } = report;
}
