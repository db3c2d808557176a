using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Jobs;

/// <summary>What callers can do with jobs.</summary>
internal sealed class JobService(JobStore jobs, ActiveJobs active, FileStore files, StorageRoot root, JobMetrics metrics, TimeProvider time)
{
    // J-5.
    private static readonly TimeSpan s_stopTime = TimeSpan.FromSeconds(5);

    /// <summary>A job with its progress of this moment.</summary>
    public JobRecord Now(JobRecord job) => job.Status == JobStatus.Running && active.Find(job.Id)?.Meter is { } meter
        ? job with { Progress = meter.Now, EstimatedFinish = meter.EstimatedFinish }
        : job;

    /// <summary>Ends a job that has not ended, and frees what it holds (J-5). Again: nothing happens.</summary>
    /// <exception cref="ApiException">404; 409 where it has ended otherwise.</exception>
    public async Task<JobRecord> CancelAsync(string id, CancellationToken cancellation)
    {
        bool ended = false;
        JobRecord job = jobs.Update(id, now =>
        {
            switch (now.Status)
            {
                case JobStatus.Cancelled:
                    return now;
                case JobStatus.Running:
                    return now with { Wish = JobWish.Cancel };
                case JobStatus.Succeeded or JobStatus.Failed:
                    throw WrongState(now, "cancelled");
                default:
                    ended = true;
                    return now with { Status = JobStatus.Cancelled };
            }
        });
        if (ended)
        {
            metrics.Ended(job.Status);
        }

        if (active.Find(id) is not null)
        {
            await WaitAsync(active.StopAsync(id), cancellation);
        }
        else if (ended)
        {
            new JobFolder(root, id).Delete();
        }

        return jobs.Get(id);
    }

    /// <summary>Stops a job behind its last finished layer. Again: nothing happens.</summary>
    /// <exception cref="ApiException">404; 409 where there is nothing to pause.</exception>
    public async Task<JobRecord> PauseAsync(string id, CancellationToken cancellation)
    {
        JobRecord job = jobs.Update(id, now => now.Status switch
        {
            JobStatus.Paused => now,
            JobStatus.Queued => now with { Status = JobStatus.Paused },
            JobStatus.Running when now.Wish == JobWish.None => now with { Wish = JobWish.Pause },
            JobStatus.Running => now,
            _ => throw WrongState(now, "paused"),
        });
        if (job.Wish == JobWish.Pause)
        {
            await WaitAsync(active.StopAsync(id), cancellation);
        }

        return jobs.Get(id);
    }

    /// <summary>Lets a paused job go on. Again: nothing happens.</summary>
    /// <exception cref="ApiException">404; 409 where it has ended.</exception>
    public async Task<JobRecord> ResumeAsync(string id, CancellationToken cancellation)
    {
        if (jobs.Get(id) is { Status: JobStatus.Running, Wish: JobWish.Pause })
        {
            await WaitAsync(active.StopAsync(id), cancellation);
        }

        return jobs.Update(id, now => now.Status switch
        {
            JobStatus.Paused => now with { Status = JobStatus.Queued },
            JobStatus.Queued or JobStatus.Running or JobStatus.ValidatingFiles => now,
            _ => throw WrongState(now, "resumed"),
        });
    }

    /// <summary>Removes a finished job, its reports and what it kept. Revisions stay: they have calls of their own.</summary>
    /// <exception cref="ApiException">404; 409 while it has not ended.</exception>
    public void Delete(string id)
    {
        JobRecord job = jobs.Delete(id);
        new JobFolder(root, id).Delete();
        foreach (string file in job.ResultFiles.Where(file => files.Find(file) is not null && jobs.UserOf(file) is null))
        {
            files.Delete(file);
        }
    }

    private async Task WaitAsync(Task done, CancellationToken cancellation)
    {
        try
        {
            await done.WaitAsync(s_stopTime, time, cancellation);
        }
        catch (TimeoutException)
        {
            // The wish is stored: the job ends a little later, and says so itself.
        }
    }

    private static ApiException WrongState(JobRecord job, string what) =>
        new(409, "conflict_error", "invalid_state", $"The job '{job.Id}' is {job.Status} and cannot be {what}.", "job_id");
}
