namespace Sparrow.Server.Storage.Uploads;

/// <summary>A large file on its way.</summary>
internal sealed record UploadRecord
{
    public required string Id { get; init; }

    public required string Filename { get; init; }

    public required string Purpose { get; init; }

    /// <summary>Bytes that the sender announced.</summary>
    public required long Bytes { get; init; }

    public string? MimeType { get; init; }

    /// <summary>Digest that the sender announced, lower-case hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Bytes of a part that the sender should send.</summary>
    public required long PartSize { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>U-3: Unix seconds of the last part.</summary>
    public required long TouchedAt { get; init; }

    public required string Status { get; init; }

    /// <summary>Bytes of all parts, so that what is promised to others is known without listing them.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The file that it became.</summary>
    public string? FileId { get; init; }

    /// <summary>Seconds after which that file goes; null: never.</summary>
    public long? FileExpireSeconds { get; init; }

    /// <summary>Name of the key that sends it.</summary>
    public required string Owner { get; init; }
}
