using Sparrow.Server.Storage.Formats;

namespace Sparrow.Server.Storage.Files;

/// <summary>A stored file. Its bytes lie under its id, so that no name given from outside becomes a path.</summary>
internal sealed record FileRecord
{
    public required string Id { get; init; }

    public required string Filename { get; init; }

    public required string Purpose { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Lower-case hex.</summary>
    public required string Sha256 { get; init; }

    public required string Format { get; init; }

    public FileSummary? Summary { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>Unix seconds; null: kept until deleted.</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>Name of the key that sent it.</summary>
    public required string Owner { get; init; }
}
