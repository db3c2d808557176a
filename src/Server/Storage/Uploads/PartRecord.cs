namespace Sparrow.Server.Storage.Uploads;

/// <summary>A piece of an upload that is safe on the disk.</summary>
/// <param name="Id">Id; also its file's name.</param>
/// <param name="UploadId">What it belongs to.</param>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="CreatedAt">Unix seconds.</param>
internal sealed record PartRecord(string Id, string UploadId, int Number, long Bytes, string Sha256, long CreatedAt);
