using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Hosting;

/// <summary>Weights that a model name can stand for.</summary>
/// <param name="Id"><c>rev_…</c>; null for a checkpoint outside the storage that was never loaded, whose id follows from its digest.</param>
/// <param name="Path">What <c>Checkpoint.Open</c> takes.</param>
/// <param name="Record">Of the storage; null for a checkpoint outside it.</param>
internal sealed record ModelRevision(string? Id, string Path, RevisionRecord? Record);
