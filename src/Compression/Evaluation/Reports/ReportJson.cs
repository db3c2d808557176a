using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>Reports as JSON: names in snake case, absent members left out; a perplexity that is no number is a string.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    WriteIndented = true)]
[JsonSerializable(typeof(CompressionReport))]
[JsonSerializable(typeof(EvaluationReport))]
public sealed partial class ReportJson : JsonSerializerContext
{
    public static string Write(CompressionReport report) => JsonSerializer.Serialize(report, Default.CompressionReport);

    /// <summary>Reads a report back.</summary>
    /// <exception cref="JsonException">The text is no report.</exception>
    public static CompressionReport Read(string json) =>
        JsonSerializer.Deserialize(json, Default.CompressionReport) ?? throw new JsonException("The report is null.");
}
