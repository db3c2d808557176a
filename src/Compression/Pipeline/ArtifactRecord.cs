using System.Text.Json;
using System.Text.Json.Serialization;
using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Pipeline;

/// <summary>
/// What an artifact says of itself in <c>sparrow.json</c>: where it comes from, what was done, what it cost, and the digest of every other file. Times
/// are not in it, so that the same compression gives the same bytes.
/// </summary>
public sealed record ArtifactRecord
{
    /// <summary>Its name in the artifact's folder.</summary>
    public const string FileName = "sparrow.json";

    public int Version { get; init; } = 1;

    /// <summary>The program that made it, with its version.</summary>
    public string? Tool { get; init; }

    /// <summary>Name of the source, without its folder.</summary>
    public required string Model { get; init; }

    /// <summary>Names the source's weights: <c>Checkpoint.Digest</c>.</summary>
    public required string SourceDigest { get; init; }

    public required JsonElement Recipe { get; init; }

    public required string RecipeDigest { get; init; }

    public required string CalibrationDigest { get; init; }

    public required long Seed { get; init; }

    /// <summary>The kernel set that computed it; another one may give other bytes.</summary>
    public required string Kernels { get; init; }

    public long? CalibrationTokens { get; init; }

    public required ModelSize SizeBefore { get; init; }

    public required ModelSize SizeAfter { get; init; }

    public EvaluationReport? EvaluationBefore { get; init; }

    public EvaluationReport? EvaluationAfter { get; init; }

    /// <summary>What the errors of <see cref="Layers"/> were taken over, or why there are none.</summary>
    public string? LayerErrors { get; init; }

    /// <summary>Each compressed matrix: sparsity, bits, rank, errors.</summary>
    public required IReadOnlyList<LayerReport> Layers { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Hex SHA-256 of every other file, by name.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }
}

/// <summary><see cref="ArtifactRecord"/> as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ArtifactRecord))]
public sealed partial class ArtifactJson : JsonSerializerContext;
