namespace Sparrow.Server.Hosting;

/// <summary>P-9: what the pool remembers of a model over a restart.</summary>
internal sealed record PoolRecord
{
    public required string Name { get; init; }

    public string? Alias { get; init; }

    /// <summary>A checkpoint outside the storage, as the command line gave it; null where all revisions are stored.</summary>
    public string? Path { get; init; }

    /// <summary>The revision of that checkpoint, once it was loaded.</summary>
    public string? PathRevision { get; init; }

    /// <summary>The active revision; null: the checkpoint outside the storage, never loaded so far.</summary>
    public string? Active { get; init; }

    /// <summary>What was active before the last swap.</summary>
    public string? Previous { get; init; }

    /// <summary>Whether the model is never evicted and never unloaded for being idle.</summary>
    public bool Pinned { get; init; }

    /// <summary>P-8: seconds of idleness after which it is unloaded; null: the server's setting.</summary>
    public double? TtlSeconds { get; init; }

    /// <summary>The cache's precision, a preset; null: the server's setting or the model's own.</summary>
    public string? KvProfile { get; init; }

    /// <summary>Longest sequence; null: the server's setting or the model's own.</summary>
    public int? MaxModelLength { get; init; }

    /// <summary>Longest sequence of the revision that was loaded last; null: none was.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether it was in memory, and should be again after a restart.</summary>
    public bool IsLoaded { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }
}
