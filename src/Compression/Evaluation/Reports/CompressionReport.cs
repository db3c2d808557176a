using System.Text.Json;
using Sparrow.Compression.Adaptation;

namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>What a compression did and what it cost: written into the artifact, shown by the API and as a page (<see cref="Html.HtmlReport"/>).</summary>
/// <remarks>Readers depend on the JSON names; a change of meaning needs another <see cref="Version"/>.</remarks>
public sealed record CompressionReport
{
    public int Version { get; init; } = 1;

    /// <summary>Name of the source model, without its folder.</summary>
    public required string Model { get; init; }

    /// <summary>Names the source's weights: <c>Checkpoint.Digest</c>.</summary>
    public required string SourceDigest { get; init; }

    /// <summary>The recipe as it ran, defaults filled in.</summary>
    public required JsonElement Recipe { get; init; }

    public required long Seed { get; init; }

    /// <summary>The kernel set that computed it; another one may give other bytes.</summary>
    public required string Kernels { get; init; }

    /// <summary>Wall time of everything, resumed parts included.</summary>
    public required double Seconds { get; init; }

    /// <summary>The same by part, in the order they ran.</summary>
    public IReadOnlyList<StageTime> Stages { get; init; } = [];

    /// <summary>Largest resident size of the process, where the system tells it.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Tokens that statistics were gathered from; null for a recipe without calibration.</summary>
    public long? CalibrationTokens { get; init; }

    public required ModelSize SizeBefore { get; init; }

    public required ModelSize SizeAfter { get; init; }

    /// <summary>Of the source; null where the recipe evaluates nothing.</summary>
    public EvaluationReport? EvaluationBefore { get; init; }

    /// <summary>Of what came out, by the same measures.</summary>
    public EvaluationReport? EvaluationAfter { get; init; }

    /// <summary>What the errors of <see cref="Layers"/> were taken over, or why there are none.</summary>
    public string? LayerErrors { get; init; }

    /// <summary>Each compressed matrix, in the order of the blocks.</summary>
    public IReadOnlyList<LayerReport> Layers { get; init; } = [];

    /// <summary>What steps that train decided and how their loss went, round by round.</summary>
    public IReadOnlyList<AdaptRound> Training { get; init; } = [];

    /// <summary>What a reader of the result must know: fall-backs taken, dead channels, a calibration too short.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
