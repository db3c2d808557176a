using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Api.Uploads;

/// <summary>A part as clients see it; the members from <c>part_number</c> on are ours.</summary>
internal sealed record PartObject(string Id, string Object, long CreatedAt, string UploadId, int PartNumber, long Bytes, string Sha256)
{
    public static PartObject Of(PartRecord part) =>
        new(part.Id, "upload.part", part.CreatedAt, part.UploadId, part.Number, part.Bytes, part.Sha256);
}
