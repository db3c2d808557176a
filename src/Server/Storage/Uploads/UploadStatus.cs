namespace Sparrow.Server.Storage.Uploads;

/// <summary>Words of the wire and of the database.</summary>
internal static class UploadStatus
{
    public const string Pending = "pending";
    public const string Completed = "completed";
    public const string Cancelled = "cancelled";
    public const string Expired = "expired";
}
