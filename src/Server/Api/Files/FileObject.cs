using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Formats;

namespace Sparrow.Server.Api.Files;

/// <summary>A file as clients see it (C §8); the members from <c>sha256</c> on are ours.</summary>
internal sealed record FileObject(
    string Id,
    string Object,
    long Bytes,
    long CreatedAt,
    long? ExpiresAt,
    string Filename,
    string Purpose,
    string Status,
    string? StatusDetails,
    string Sha256,
    string Format,
    FileSummary? Summary)
{
    public static FileObject Of(FileRecord file) => new(
        file.Id, "file", file.Bytes, file.CreatedAt, file.ExpiresAt, file.Filename, file.Purpose, "processed", null, file.Sha256, file.Format, file.Summary);
}
