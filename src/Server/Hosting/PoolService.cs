using System.Text.Json.Nodes;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Hosting;

/// <summary>
/// Moves models in and out of memory (C §10): on command, on demand, when idle, and when others need the room. Whoever changes a model holds its
/// gate; whoever only waits for it watches <see cref="PoolEntry.Changed"/>.
/// </summary>
internal sealed partial class PoolService(
    ModelPool pool,
    ModelFactory factory,
    PoolMemory memory,
    PoolStore store,
    PoolEvents events,
    RevisionStore revisions,
    ServerMetrics metrics,
    ServerSettings settings,
    TimeProvider time,
    ILogger<PoolService> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly BackgroundTasks _tasks = new();

    public ModelPool Pool => pool;

    /// <summary>Cancelled when the server stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>
    /// Makes a revision callable: a name that is new gets it as its active revision, not loaded; a known name keeps its active one.
    /// </summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public PoolEntry Register(RevisionRecord revision)
    {
        if (pool.Entries.FirstOrDefault(entry => entry.Name == revision.Model) is { } known)
        {
            return known;
        }

        PoolRecord record = new() { Name = revision.Model, Active = revision.Id, CreatedAt = Now() };
        PoolEntry entry = NewEntry(record);
        if (pool.Add(entry) is { } other)
        {
            entry.Dispose();
            return other;
        }

        store.Save(record);
        metrics.Track(entry);
        Tell(entry);
        return entry;
    }

    /// <summary>The active revision of a model, loaded or not.</summary>
    /// <exception cref="ApiException">404.</exception>
    public ModelRevision SourceOf(string model)
    {
        PoolEntry entry = pool.Get(model);
        return entry.Active?.Source ?? RevisionOf(entry, entry.Record.Active);
    }

    /// <summary>A revision of a model by its id.</summary>
    /// <param name="entry">The model.</param>
    /// <param name="id">Null: the checkpoint that the command line named.</param>
    /// <exception cref="ApiException">404: the model has no such revision.</exception>
    public ModelRevision RevisionOf(PoolEntry entry, string? id)
    {
        PoolRecord record = entry.Record;
        if (record.Path is { } path && (id is null || id == record.PathRevision))
        {
            return new ModelRevision(id, path, null);
        }

        return id is not null && revisions.Find(id) is { } stored && stored.Model == entry.Name
            ? new ModelRevision(id, revisions.PathOf(stored), stored)
            : throw new ApiException(404, "invalid_request_error", "not_found", $"The model '{entry.Name}' has no revision '{id}'.", "revision");
    }

    /// <summary>Stops what is under way and frees all models.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _tasks.WaitAsync();
        foreach (PoolEntry entry in pool.Entries)
        {
            entry.Queue.Deactivate();
            foreach (ServedModel model in entry.InMemory)
            {
                entry.Remove(model);
                await model.DisposeAsync();
            }

            entry.Dispose();
        }

        _stopping.Dispose();
    }

    /// <summary>Runs work that outlives the request that asked for it; the server waits for it when it stops.</summary>
    public Task Run(Func<Task> work) => _tasks.Run(work);

    /// <summary>X-4: makes the model's counters exist.</summary>
    internal void Track(PoolEntry entry) => metrics.Track(entry);

    internal PoolEntry NewEntry(PoolRecord record, bool isRequired = false, bool isSample = false) =>
        new(record, new RequestQueue(QueueOptions.Of(settings), time), time, isRequired, isSample);

    /// <summary>Tells listeners where a model stands.</summary>
    internal void Tell(PoolEntry entry)
    {
        string status = entry.Status.ToString().ToLowerInvariant();
        JsonObject data = new()
        {
            ["model"] = entry.Name,
            ["status"] = status,
            ["revision"] = entry.Active?.Revision ?? entry.Record.Active,
            ["error"] = entry.Failure?.Reason,
        };
        events.Add("model.status", $"The model '{entry.Name}' is {status}.", data, entry.Failure is null ? "info" : "error");
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    private static partial class Log
    {
        [LoggerMessage(EventIds.ModelFailed, LogLevel.Error, "The model '{Model}' could not be loaded: {Reason}")]
        public static partial void LoadFailed(ILogger logger, string model, string reason);

        [LoggerMessage(EventIds.ModelUnloaded, LogLevel.Information, "The model '{Model}' left the memory: {Reason}")]
        public static partial void Unloaded(ILogger logger, string model, string reason);

        [LoggerMessage(EventIds.PoolStateLost, LogLevel.Warning, "The state of '{Model}' could not be stored, a restart will not know it: {Reason}")]
        public static partial void StateLost(ILogger logger, string model, string reason);

        [LoggerMessage(EventIds.RevisionDropped, LogLevel.Warning, "The active revision '{Revision}' of '{Model}' cannot be served ({Reason}); '{Fallback}' is")]
        public static partial void FellBack(ILogger logger, string model, string? revision, string reason, string? fallback);
    }
}
