namespace Sparrow.Server.Hub;

/// <summary>A file as the hub lists it.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In lower-case hex, of files in large-file storage; else null.</param>
/// <param name="GitBlob">Git's SHA-1 of an ordinary file, length and content together; null where the hub does not say.</param>
internal sealed record HubFile(string Name, long Bytes, string? Sha256, string? GitBlob);
