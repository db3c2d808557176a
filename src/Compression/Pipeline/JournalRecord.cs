using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sparrow.Compression.Pipeline;

/// <summary>How far a compression has come: everything that a new process needs to end with the same bytes.</summary>
internal sealed record JournalRecord
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string RecipeDigest { get; init; }

    public required string SourceDigest { get; init; }

    /// <summary>Of the calibration sequences.</summary>
    public required string CalibrationDigest { get; init; }

    /// <summary>Another set may give other bytes.</summary>
    public required string Kernels { get; init; }

    /// <summary>What each step decided beforehand; shorter than the recipe while some have yet to decide.</summary>
    public IReadOnlyList<JsonObject?> Plans { get; init; } = [];

    /// <summary>Warnings from before the blocks.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Finished blocks in order, then the tables.</summary>
    public IReadOnlyList<JournalShard> Shards { get; init; } = [];

    /// <summary>Wall time of all runs so far.</summary>
    public double Seconds { get; init; }
}

/// <summary>The journal as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(JournalRecord))]
internal sealed partial class JournalJson : JsonSerializerContext;
