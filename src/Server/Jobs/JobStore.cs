using System.Text.Json;
using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Jobs;

/// <summary>
/// Jobs, their events and their checkpoints. A change of a job and the event that tells of it are written together, so that no reader is told of
/// what a crash undoes, nor misses what it leaves.
/// </summary>
internal sealed class JobStore : IFileUse
{
    private static readonly TimeSpan s_retryWhenFull = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly IRecordStore _records;
    private readonly RecordSet<JobRecord> _jobs;
    private readonly RecordSet<JobEvent> _events;
    private readonly RecordSet<JobCheckpoint> _checkpoints;
    private readonly IdempotencyStore _keys;
    private readonly CompressionSettings _settings;
    private readonly TimeProvider _time;

    // Jobs that have not ended, so that neither a deletion of a file nor a look for work reads all that ever were.
    private readonly Dictionary<string, JobRecord> _open;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobStore(IRecordStore records, IdempotencyStore keys, ServerSettings settings, TimeProvider time)
    {
        _records = records;
        _jobs = new RecordSet<JobRecord>(records, "job", JobsJsonContext.Default.JobRecord);
        _events = new RecordSet<JobEvent>(records, "job_event", JobsJsonContext.Default.JobEvent);
        _checkpoints = new RecordSet<JobCheckpoint>(records, "job_checkpoint", JobsJsonContext.Default.JobCheckpoint);
        _keys = keys;
        _settings = settings.Compression;
        _time = time;
        _open = _jobs.List().Where(job => !job.IsFinished).ToDictionary(job => job.Id, StringComparer.Ordinal);
    }

    /// <summary>Completes at the next change of any job or event.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Jobs that have not ended, oldest first.</summary>
    public IReadOnlyList<JobRecord> Open
    {
        get
        {
            lock (_lock)
            {
                return [.. _open.Values.OrderBy(job => job.CreatedAt)];
            }
        }
    }

    /// <summary>All jobs, oldest first.</summary>
    public IReadOnlyList<JobRecord> List() => _jobs.List();

    public JobRecord? Find(string id) => _jobs.Find(id);

    /// <exception cref="ApiException">404.</exception>
    public JobRecord Get(string id) =>
        Find(id) ?? throw new ApiException(404, "invalid_request_error", "not_found", $"There is no job '{id}'.", "job_id");

    /// <summary>Stores a new job, to be validated and queued.</summary>
    /// <exception cref="ApiException">429 <c>queue_full</c> (J-7); 409 for a key used otherwise.</exception>
    public JobRecord Create(JobSpec spec, string owner, IdempotencyKey? key)
    {
        lock (_lock)
        {
            if (key is not null && _keys.Find(key) is { } earlier && _jobs.Find(earlier) is { } known)
            {
                return known;
            }

            int waiting = _open.Values.Count(job => job.Status is JobStatus.ValidatingFiles or JobStatus.Queued);
            if (waiting >= _settings.MaxQueuedJobs)
            {
                throw new ApiException(
                    429, "rate_limit_error", "queue_full", $"{waiting} jobs are waiting, and no more than {_settings.MaxQueuedJobs} may.")
                {
                    RetryAfter = s_retryWhenFull,
                };
            }

            JobRecord job = new() { Id = ApiId.New("cmpjob-"), Owner = owner, Spec = spec, CreatedAt = Now(), Status = JobStatus.ValidatingFiles };
            Write(job, [Event("info", "state", "The job was created.", State(job))], key is null ? [] : [_keys.Remember(key, job.Id)]);
            return job;
        }
    }

    /// <summary>Changes a job, and tells of it where its status has become another.</summary>
    /// <param name="id">The job.</param>
    /// <param name="change">From what it is to what it shall be; the same again: nothing is written.</param>
    /// <param name="events">To be told with it.</param>
    /// <exception cref="ApiException">404, or what <paramref name="change"/> throws.</exception>
    public JobRecord Update(string id, Func<JobRecord, JobRecord> change, params ReadOnlySpan<JobEvent> events)
    {
        lock (_lock)
        {
            JobRecord before = Get(id);
            JobRecord after = change(before);
            if (after.IsFinished && after.FinishedAt is null)
            {
                // A clock that was set back must not end a job before it began.
                after = after with { FinishedAt = Math.Max(Now(), after.StartedAt ?? after.CreatedAt), Wish = JobWish.None, EstimatedFinish = null };
            }

            if (ReferenceEquals(before, after) && events.Length == 0)
            {
                return before;
            }

            List<JobEvent> told = [.. events];
            if (before.Status != after.Status)
            {
                told.Add(Event(
                    after.Status == JobStatus.Failed ? "error" : "info", "state",
                    after.Error is { } error ? $"The job is {after.Status}: {error.Message}" : $"The job is {after.Status}.", State(after)));
            }

            Write(after, told, []);
            return after;
        }
    }

    /// <summary>Tells readers of a job something.</summary>
    public void Tell(string id, JobEvent told)
    {
        lock (_lock)
        {
            _records.Apply(_events.Put(told.Id, told, id));
            Announce();
        }
    }

    /// <summary>Has everybody look again who waits for <see cref="Changed"/>.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            Announce();
        }
    }

    /// <summary>A new event.</summary>
    public JobEvent Event(string level, string type, string message, JsonElement? data = null) =>
        new() { Id = ApiId.New("cmpevt-"), CreatedAt = Now(), Level = level, Type = type, Message = message, Data = data };

    /// <summary>What readers of a job were told, oldest first.</summary>
    public IReadOnlyList<JobEvent> EventsOf(string id) => _events.List(id);

    /// <summary>Points from which a job can go on, oldest first.</summary>
    public IReadOnlyList<JobCheckpoint> CheckpointsOf(string id) => _checkpoints.List(id);

    /// <summary>Remembers a point from which the job can go on; one that is known already changes nothing.</summary>
    public void Save(string jobId, JobCheckpoint checkpoint, JobProgress? progress, JobEvent told)
    {
        lock (_lock)
        {
            if (_checkpoints.Find(checkpoint.Id) is null)
            {
                JobRecord job = Get(jobId) with { Progress = progress };
                Write(job, [told], [_checkpoints.Put(checkpoint.Id, checkpoint, jobId)]);
            }
        }
    }

    /// <summary>Removes a finished job with all that is told of it.</summary>
    /// <exception cref="ApiException">404; 409 while it has not ended.</exception>
    public JobRecord Delete(string id)
    {
        lock (_lock)
        {
            JobRecord job = Get(id);
            if (!job.IsFinished)
            {
                throw new ApiException(
                    409, "conflict_error", "invalid_state", $"The job '{id}' is {job.Status}; only a job that has ended can be deleted. Cancel it first.", "job_id");
            }

            RecordChange[] changes =
            [
                _jobs.Delete(id), .. EventsOf(id).Select(told => _events.Delete(told.Id)), .. CheckpointsOf(id).Select(point => _checkpoints.Delete(point.Id)),
            ];
            _records.Apply(changes);
            return job;
        }
    }

    /// <inheritdoc/>
    public string? UserOf(string fileId)
    {
        lock (_lock)
        {
            return _open.Values.FirstOrDefault(job => job.Spec.Files.Contains(fileId)) is { } job ? $"the job '{job.Id}'" : null;
        }
    }

    /// <summary>Counts a file among what a job made.</summary>
    /// <param name="id">The job.</param>
    /// <param name="fileId">The file.</param>
    /// <param name="publish">Publishes the file together with this change.</param>
    public void AddResult(string id, string fileId, Action<RecordChange> publish)
    {
        lock (_lock)
        {
            JobRecord job = Get(id);
            job = job with { ResultFiles = [.. job.ResultFiles, fileId] };
            publish(_jobs.Put(id, job));
            _open[id] = job;
            Announce();
        }
    }

    private static JsonElement State(JobRecord job) => JsonSerializer.SerializeToElement(
        new Dictionary<string, string?> { ["status"] = job.Status, ["error"] = job.Error?.Code }, JobsJsonContext.Default.DictionaryStringString);

    private void Write(JobRecord job, IReadOnlyList<JobEvent> events, RecordChange[] more)
    {
        RecordChange[] changes = [_jobs.Put(job.Id, job), .. events.Select(told => _events.Put(told.Id, told, job.Id)), .. more];
        _records.Apply(changes);
        if (job.IsFinished)
        {
            _open.Remove(job.Id);
        }
        else
        {
            _open[job.Id] = job;
        }

        Announce();
    }

    private void Announce()
    {
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeSeconds();
}
