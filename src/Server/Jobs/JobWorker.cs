using Sparrow.Runtime.Threading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Jobs;

/// <summary>
/// Validates and runs jobs, each on a thread of its own that goes behind everything else. What ran when the process ended goes on first (J-1).
/// </summary>
internal sealed partial class JobWorker(
    JobStore jobs, ActiveJobs active, JobValidation validation, JobRunner runner, JobMetrics metrics, ModelStartup startup, StorageRoot root, ServerSettings settings,
    TimeProvider time, ILogger<JobWorker> logger) : BackgroundService
{
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WorkerPool.Shared.SetShare(WorkerLane.Compression, settings.Compression.MaxServingSlowdown);
        RemoveLeftOvers();

        // Jobs name models and put revisions to work: both need the pool as it was.
        await startup.Finished.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        List<Task> loops = [LoopAsync(job => job.Status == JobStatus.ValidatingFiles, Validate, stoppingToken)];
        for (int i = 0; i < settings.Compression.MaxConcurrentJobs; i++)
        {
            loops.Add(LoopAsync(job => job.Status is JobStatus.Running or JobStatus.Queued, Execute, stoppingToken));
        }

        await Task.WhenAll(loops);
    }

    private async Task LoopAsync(Func<JobRecord, bool> concerns, Action<JobRecord, ActiveJob> work, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            Task changed = jobs.Changed;
            JobRecord? job = jobs.Open.Where(concerns).OrderBy(job => job.Status == JobStatus.Running ? 0 : 1).FirstOrDefault(job => active.Find(job.Id) is null);
            if (job is null || active.TryTake(job.Id, stopping) is not { } taken)
            {
                await changed.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            bool isStored = await Task.Factory.StartNew(
                () => TryWork(job, taken, work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (!isStored)
            {
                // The database takes nothing: what became of the job could not be stored, and trying again at once would go on for ever.
                await Task.Delay(s_pauseAfterFailure, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool TryWork(JobRecord job, ActiveJob taken, Action<JobRecord, ActiveJob> work)
    {
        ComputePriority.LowerCurrentThread();
        try
        {
            work(job, taken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or Api.Errors.ApiException)
        {
            Log.NotStored(logger, job.Id, exception.Message);
            return false;
        }
        finally
        {
            active.Return(taken);

            // Others looked while this job was taken and may have found it busy.
            jobs.Wake();
        }
    }

    private void Validate(JobRecord job, ActiveJob taken)
    {
        JobFolder folder = new(root, job.Id);
        try
        {
            JobPlan plan = validation.Look(job.Spec, folder, checkDigests: true, taken.Cancellation);
            JobValidation.RequireRoom(plan);
            jobs.Update(
                job.Id,
                now => now.Status == JobStatus.ValidatingFiles
                    ? now with { Status = JobStatus.Queued, SourcePath = plan.SourcePath, SourceRevision = plan.SourceRevision }
                    : now,
                [.. plan.Warnings.Select(warning => jobs.Event("warn", "message", warning))]);
        }
        catch (OperationCanceledException)
        {
            // A caller cancelled it, or the process ends and the next one begins anew.
        }
        catch (Exception exception)
        {
            Fail(job.Id, JobFailure.Of(exception, folder.Path));
        }

        if (jobs.Find(job.Id) is not { IsFinished: false })
        {
            folder.Delete();
        }
    }

    private void Execute(JobRecord job, ActiveJob taken)
    {
        JobFolder folder = new(root, job.Id);
        bool isResumed = job.Status == JobStatus.Running;
        job = jobs.Update(job.Id, now => now.Status is JobStatus.Queued or JobStatus.Running
            ? now with
            {
                Status = JobStatus.Running,
                StartedAt = now.StartedAt ?? Math.Max(now.CreatedAt, time.GetUtcNow().ToUnixTimeSeconds()),
                Resumed = now.Resumed + (isResumed ? 1 : 0),
            }
            : now);
        if (job.Status != JobStatus.Running)
        {
            return;
        }

        if (isResumed)
        {
            metrics.Resumed();
            jobs.Tell(job.Id, jobs.Event("info", "message", $"The job goes on after a restart, for the {job.Resumed}. time."));
        }

        try
        {
            if (job.Wish != JobWish.None)
            {
                // Asked for before the process ended.
                throw new OperationCanceledException();
            }

            runner.Run(job, taken);

            // All that is left of use has its own place; whoever reads that the job has ended finds its scratch gone.
            folder.Delete();
            job = jobs.Update(job.Id, now => now with
            {
                Status = JobStatus.Succeeded,
                Progress = taken.Meter!.Now with { Fraction = 1, Layer = null },
            });
        }
        catch (OperationCanceledException)
        {
            if (jobs.Get(job.Id).Wish == JobWish.Cancel)
            {
                folder.Delete();
            }

            job = jobs.Update(job.Id, now => now.Wish switch
            {
                JobWish.Cancel => now with { Status = JobStatus.Cancelled, Wish = JobWish.None },
                JobWish.Pause => now with { Status = JobStatus.Paused, Wish = JobWish.None, Progress = taken.Meter?.Now ?? now.Progress, EstimatedFinish = null },
                _ => now,
            });
        }
        catch (Exception exception)
        {
            JobError error = JobFailure.Of(exception, folder.Path);
            Log.Failed(logger, job.Id, error.Code, error.Message);
            job = Fail(job.Id, error);
        }

        if (job.IsFinished)
        {
            metrics.Ended(job.Status);
        }

        if (job.Status == JobStatus.Failed)
        {
            Clear(folder, job);
        }
    }

    private JobRecord Fail(string id, JobError error) =>
        jobs.Update(id, now => now.IsFinished ? now : now with { Status = JobStatus.Failed, Error = error });

    // What missed its gate is kept for inspection (C §9.1) until the job is deleted; nothing else is.
    private static void Clear(JobFolder folder, JobRecord job)
    {
        if (job.Error?.Code == "quality_gate")
        {
            folder.DeleteSource();
        }
        else
        {
            folder.Delete();
        }
    }

    private void RemoveLeftOvers()
    {
        foreach (string path in Directory.EnumerateDirectories(root.Jobs))
        {
            JobRecord? job = jobs.Find(Path.GetFileName(path));
            if (job is null || (job.IsFinished && job.Error?.Code != "quality_gate"))
            {
                Directory.Delete(path, recursive: true);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.JobFailed, LogLevel.Warning, "The job {Job} failed with {Code}: {Reason}")]
        public static partial void Failed(ILogger logger, string job, string code, string reason);

        [LoggerMessage(EventIds.JobNotStored, LogLevel.Error, "What became of the job {Job} could not be stored: {Reason}")]
        public static partial void NotStored(ILogger logger, string job, string reason);
    }
}
