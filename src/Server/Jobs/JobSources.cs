using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hub;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Jobs;

/// <summary>Where a job's weights come from.</summary>
internal sealed class JobSources(FileStore files, RevisionStore revisions, PoolService models, HubSource hub)
{
    /// <summary>Whether a name can be compressed without uploaded files.</summary>
    /// <exception cref="ApiException">404 <c>model_not_found</c>.</exception>
    public void RequireModel(string name) => PathOf(name);

    /// <summary>Puts a job's source into its folder, or finds it where it lies.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="folder">The job's folder.</param>
    /// <param name="checkDigests">J-2: whether uploaded bytes are held to their digests.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What <c>Checkpoint.Open</c> takes, and the revision that it is, if it is one.</returns>
    public (string Path, string? Revision) Put(JobSpec spec, JobFolder folder, bool checkDigests, CancellationToken cancellation)
    {
        if (spec.Hub is { } reference)
        {
            // The caller of this has a thread of its own, so it may wait.
            return (hub.PullAsync(HubReference.Parse(reference), null, cancellation).GetAwaiter().GetResult().Path, null);
        }

        if (spec.Source.Count == 0)
        {
            return PathOf(spec.Model);
        }

        CheckpointParts.Put(files, [.. spec.Source.Select(file => (file.FileId, file.Path))], folder.Source, checkDigests, cancellation);
        return (CheckpointParts.Find(folder.Source), null);
    }

    private (string Path, string? Revision) PathOf(string name)
    {
        int at = name.LastIndexOf("@rev_", StringComparison.Ordinal);
        if (at > 0 && revisions.Find(name[(at + 1)..]) is { } asked && asked.Model == name[..at])
        {
            return (revisions.PathOf(asked), asked.Id);
        }

        ModelRevision source = models.SourceOf(name);
        return (source.Path, source.Id);
    }
}
