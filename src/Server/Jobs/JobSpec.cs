using System.Text.Json;

namespace Sparrow.Server.Jobs;

/// <summary>What a caller asked for, checked and with defaults filled in.</summary>
internal sealed record JobSpec
{
    /// <summary>Whose weights: a model of the pool, or the name that <see cref="Source"/> gets.</summary>
    public required string Model { get; init; }

    /// <summary>Uploaded files that make the checkpoint; empty: the active revision of <see cref="Model"/>.</summary>
    public IReadOnlyList<JobSourceFile> Source { get; init; } = [];

    /// <summary>A checkpoint of a hub as <c>OWNER/NAME@REVISION#FILE</c>, in place of files; null: none.</summary>
    public string? Hub { get; init; }

    /// <summary>A text, JSONL or token ids; null: the built-in text.</summary>
    public string? CalibrationFile { get; init; }

    /// <summary>The member <c>method</c> as it was given.</summary>
    public required JsonElement Method { get; init; }

    /// <summary>The recipe to follow, version included. Where it names files it names their ids.</summary>
    public required JsonElement Recipe { get; init; }

    public required JobEvaluation Evaluation { get; init; }

    /// <summary><c>none</c>, <c>load</c> or <c>swap</c>.</summary>
    public required string Deploy { get; init; }

    /// <summary>Null: the result is a revision of <see cref="Model"/>; else a model called <c>model-suffix</c>.</summary>
    public string? Suffix { get; init; }

    public required int Seed { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public int? MaxThreads { get; init; }

    public long? MaxMemoryBytes { get; init; }

    /// <summary>The model that the result belongs to.</summary>
    public string TargetModel => Suffix is null ? Model : $"{Model}-{Suffix}";

    /// <summary>Every stored file that the job reads.</summary>
    public IEnumerable<string> Files
    {
        get
        {
            string?[] named = [CalibrationFile, Evaluation.File, .. JobRecipe.FilesOf(Recipe)];
            return Source.Select(file => file.FileId).Concat(named.OfType<string>());
        }
    }
}
