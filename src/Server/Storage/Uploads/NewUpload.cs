namespace Sparrow.Server.Storage.Uploads;

/// <summary>What a caller asks for with a new upload, checked.</summary>
internal sealed record NewUpload(
    string Filename, string Purpose, long Bytes, string? MimeType, string? Sha256, long PartSize, long? FileExpireSeconds, string Owner);
