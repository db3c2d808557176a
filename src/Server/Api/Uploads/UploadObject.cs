using Sparrow.Server.Api.Files;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Api.Uploads;

/// <summary>An upload as clients see it (C §8); the members from <c>part_size</c> on are ours.</summary>
internal sealed record UploadObject(
    string Id,
    string Object,
    long Bytes,
    long CreatedAt,
    long ExpiresAt,
    string Filename,
    string Purpose,
    string Status,
    FileObject? File,
    string? MimeType,
    long PartSize,
    long ReceivedBytes)
{
    public static UploadObject Of(UploadRecord upload, UploadStore uploads, FileStore files)
    {
        FileRecord? file = upload.FileId is { } id ? files.Find(id) : null;
        bool isComplete = upload.Status == UploadStatus.Completed;
        return new UploadObject(
            upload.Id,
            "upload",
            upload.Bytes,
            upload.CreatedAt,
            uploads.ExpiresAt(upload),
            upload.Filename,
            upload.Purpose,
            upload.Status,
            file is null ? null : FileObject.Of(file),
            upload.MimeType,
            upload.PartSize,
            isComplete ? upload.Bytes : upload.ReceivedBytes);
    }
}
