namespace Sparrow.Server.Hub;

/// <summary>A pulled checkpoint.</summary>
/// <param name="Path">What a loader takes: the folder, or the GGUF file in it.</param>
/// <param name="Commit">The commit that it is.</param>
/// <param name="Bytes">Of all files.</param>
internal sealed record HubCheckpoint(string Path, string Commit, long Bytes);
