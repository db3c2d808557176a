using System.Text.Json;

namespace Sparrow.Server.Jobs;

/// <summary>A compression job as it is stored.</summary>
internal sealed record JobRecord
{
    public required string Id { get; init; }

    /// <summary>Name of the key that created it.</summary>
    public required string Owner { get; init; }

    public required JobSpec Spec { get; init; }

    /// <summary>What <c>Checkpoint.Open</c> takes, from validation on.</summary>
    public string? SourcePath { get; init; }

    /// <summary>The revision that it was made from; null where that has no name.</summary>
    public string? SourceRevision { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    public long? StartedAt { get; init; }

    public long? FinishedAt { get; init; }

    /// <summary>One of <see cref="JobStatus"/>.</summary>
    public required string Status { get; init; }

    public JobStage Stage { get; init; }

    public JobWish Wish { get; init; }

    /// <summary>At the last save; a running job's own thread knows better.</summary>
    public JobProgress? Progress { get; init; }

    /// <summary>Unix seconds; null while there is nothing to go by.</summary>
    public long? EstimatedFinish { get; init; }

    /// <summary>The summary of C §9.2.</summary>
    public JsonElement? Report { get; init; }

    /// <summary>Ids of <c>report.json</c>, <c>recipe.json</c> and <c>layers.csv</c>.</summary>
    public IReadOnlyList<string> ResultFiles { get; init; } = [];

    /// <summary>The revision that it made.</summary>
    public string? Revision { get; init; }

    public JobError? Error { get; init; }

    /// <summary>How often it went on after a restart of the server.</summary>
    public int Resumed { get; init; }

    public bool IsFinished => JobStatus.IsTerminal(Status);
}
