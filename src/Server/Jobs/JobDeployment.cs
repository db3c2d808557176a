using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hosting.Swaps;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Jobs;

/// <summary>The end of a job: its artifact becomes a revision, and the revision is put to work as far as the caller asked.</summary>
internal sealed class JobDeployment(RevisionStore revisions, PoolService models, SwapService swaps)
{
    /// <summary>Makes the artifact a revision, in one step (J-3). Again after a crash, it finds what it made.</summary>
    public RevisionRecord Publish(JobRecord job, string artifact) => revisions.Publish(new NewRevision(job.Spec.TargetModel, artifact)
    {
        Id = job.Revision,
        JobId = job.Id,
        Parent = job.SourceRevision,
    });

    /// <summary>Makes the revision callable: loaded, or the active one. Again after a crash, it finds what is done.</summary>
    /// <exception cref="ApiException">The revision could not be loaded, or did not pass the swap's probe; what served before still does.</exception>
    public async Task DeployAsync(JobRecord job, CancellationToken cancellation)
    {
        RevisionRecord revision = revisions.Get(job.Revision!);
        PoolEntry entry = models.Register(revision);
        bool isActive = entry.Record.Active == revision.Id;
        switch (job.Spec.Deploy)
        {
            case "load" or "swap" when isActive:
                await models.LoadAsync(entry.Name, cancellation: cancellation);
                break;
            case "load":
                await swaps.PrepareAsync(entry, revision, cancellation);
                break;
            case "swap":
                await SwapAsync(entry, revision, cancellation);
                break;
            default:
                break;
        }
    }

    private async Task SwapAsync(PoolEntry entry, RevisionRecord revision, CancellationToken cancellation)
    {
        SwapRecord swap = swaps.Start(new SwapRequest(entry.Name, revision.Id));
        try
        {
            swap = await swaps.WaitAsync(swap.Id, cancellation);
        }
        catch (OperationCanceledException)
        {
            Cancel(swap.Id);
            throw;
        }

        if (swap.Status != SwapStatus.Succeeded)
        {
            throw new ApiException(
                500, "server_error", swap.Error?.Code ?? "internal_error",
                $"The revision {revision.Id} was made, but the swap to it is {swap.Status}: {swap.Error?.Message} What served before still does.", "deploy");
        }
    }

    private void Cancel(string swapId)
    {
        try
        {
            swaps.Cancel(swapId);
        }
        catch (ApiException)
        {
            // It has flipped or ended meanwhile, and what is done is done.
        }
    }
}
