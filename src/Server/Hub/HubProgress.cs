namespace Sparrow.Server.Hub;

/// <summary>How far a pull is.</summary>
/// <param name="File">The file under way.</param>
/// <param name="ReceivedBytes">Of all files, those that were there before included.</param>
/// <param name="TotalBytes">Of all files.</param>
internal readonly record struct HubProgress(string File, long ReceivedBytes, long TotalBytes);
