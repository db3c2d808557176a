namespace Sparrow.Server.Hosting.Swaps;

/// <summary>Where a swap stands.</summary>
internal static class SwapStatus
{
    public const string Queued = "queued";
    public const string Loading = "loading";
    public const string Probing = "probing";
    public const string Switching = "switching";
    public const string Draining = "draining";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    /// <summary>Whether nothing follows.</summary>
    public static bool IsFinal(string status) => status is Succeeded or Failed or Cancelled;
}
