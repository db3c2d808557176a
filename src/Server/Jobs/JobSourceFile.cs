namespace Sparrow.Server.Jobs;

/// <summary>A stored file as part of a checkpoint.</summary>
/// <param name="FileId">The file.</param>
/// <param name="Path">Its place in the checkpoint's folder, with slashes.</param>
internal sealed record JobSourceFile(string FileId, string Path);
