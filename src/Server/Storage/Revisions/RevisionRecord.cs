namespace Sparrow.Server.Storage.Revisions;

/// <summary>One set of weights that a model name can stand for. Its files lie in a folder under its id and never change.</summary>
internal sealed record RevisionRecord
{
    /// <summary><c>rev_…</c>.</summary>
    public required string Id { get; init; }

    public required string Model { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>The job that made it; null where it was imported.</summary>
    public string? JobId { get; init; }

    /// <summary>The revision it was made from, where that has a name.</summary>
    public string? Parent { get; init; }

    /// <summary>Names the weights: <c>Checkpoint.Digest</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>The checkpoint inside the folder: empty for the folder itself, else a GGUF file.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Bytes on the disk.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of its matrices in memory.</summary>
    public required long LoadedBytes { get; init; }

    public required long Parameters { get; init; }

    public required double Sparsity { get; init; }

    /// <summary>Longest sequence of the checkpoint.</summary>
    public required int ContextLength { get; init; }

    public required string Family { get; init; }

    /// <summary>Compute layouts, the largest first: <c>int4-g32+f32</c>.</summary>
    public required string Format { get; init; }

    public RevisionQuality? Quality { get; init; }

    /// <summary>The file of the cache's precision that the artifact carries, or null.</summary>
    public string? KvProfile { get; init; }

    /// <summary>Hex SHA-256 of every file by its path inside the folder.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }
}
