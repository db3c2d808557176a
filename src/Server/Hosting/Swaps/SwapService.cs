using System.Collections.Concurrent;
using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Hosting.Swaps;

/// <summary>Changes active revisions (P-1 to P-5) without losing a request.</summary>
internal sealed partial class SwapService(
    ModelPool pool,
    PoolService models,
    ModelFactory factory,
    PoolMemory memory,
    PoolStore poolStore,
    SwapStore swaps,
    RevisionStore revisions,
    PoolEvents events,
    ServerMetrics metrics,
    ServerSettings settings,
    TimeProvider time,
    ILogger<SwapService> logger)
{
    private readonly ConcurrentDictionary<string, SwapRun> _running = new(StringComparer.Ordinal);

    /// <summary>Begins a swap; those of one model follow one another.</summary>
    /// <exception cref="ApiException">404: no such model or revision. 409: there is no previous revision.</exception>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public SwapRecord Start(SwapRequest request)
    {
        PoolEntry entry = pool.Get(request.Model);
        string to = request.Revision;
        if (to == SwapRequest.Previous)
        {
            to = entry.Record.Previous ?? throw new ApiException(
                409, "conflict_error", "invalid_state", $"The model '{entry.Name}' has no previous revision to go back to.", "revision")
            {
                ShouldRetry = false,
            };
        }

        models.RevisionOf(entry, to);
        SwapRecord record = new()
        {
            Id = ApiId.New("swap_"),
            Model = entry.Name,
            From = entry.Active?.Revision ?? entry.Record.Active,
            To = to,
            Strategy = request.Strategy,
            Status = SwapStatus.Queued,
            CreatedAt = time.GetUtcNow().ToUnixTimeSeconds(),
        };
        swaps.Save(record);
        SwapRun run = new(record, entry, request, events, time, models.Stopping);
        _running[record.Id] = run;
        models.Run(() => RunAsync(run));
        return record;
    }

    /// <summary>
    /// Brings a revision into memory beside the active one, checked as for a swap, so that a swap to it takes no time and callers may name it. It makes
    /// way when room is needed.
    /// </summary>
    /// <exception cref="ApiException">503 <c>insufficient_memory</c> or <c>model_failed</c>, 500 with a swap's code.</exception>
    public async Task PrepareAsync(PoolEntry entry, RevisionRecord revision, CancellationToken cancellation)
    {
        await entry.Gate.WaitAsync(cancellation);
        ServedModel? model = null;
        try
        {
            if (entry.FindOpen(revision.Id) is not null)
            {
                return;
            }

            SwapProbe.RequireGate(revision);
            await LoaderThread.RunAsync(() => revisions.Verify(revision, cancellation));
            model = await models.BringAsync(entry, models.RevisionOf(entry, revision.Id), evictsIdle: false, cancellation);
            await LoaderThread.RunAsync(() => SwapProbe.Run(model.Model));
            model.Open();
        }
        catch (Exception exception) when (exception is SwapException || ModelFactory.IsLoadFailure(exception))
        {
            SwapError error = Describe(exception);
            throw new ApiException(503, "unavailable_error", error.Code, error.Message, "revision", inner: exception) { ShouldRetry = false };
        }
        finally
        {
            if (model is not null)
            {
                // Kept like one for a rollback, but for as long as there is room.
                model.KeptUntil = long.MaxValue - 1;
                if (!model.IsOpen)
                {
                    await models.TryDropAsync(entry, model);
                }
            }

            entry.Gate.Release();
            entry.Signal();
        }
    }

    /// <summary>A swap as it stands, or null.</summary>
    public SwapRecord? Find(string id) => _running.TryGetValue(id, out SwapRun? run) ? run.Record : swaps.Find(id);

    /// <exception cref="ApiException">404.</exception>
    public SwapRecord Get(string id) =>
        Find(id) ?? throw new ApiException(404, "invalid_request_error", "not_found", $"There is no swap '{id}'.", "id");

    /// <summary>Swaps, oldest first.</summary>
    public IReadOnlyList<SwapRecord> List(string? model = null) =>
        [.. swaps.List(model).Select(swap => _running.TryGetValue(swap.Id, out SwapRun? run) ? run.Record : swap)];

    /// <summary>Waits for a swap's end, whatever it is.</summary>
    /// <exception cref="ApiException">404.</exception>
    public async Task<SwapRecord> WaitAsync(string id, CancellationToken cancellation = default) =>
        _running.TryGetValue(id, out SwapRun? run) ? await run.Ended.Task.WaitAsync(cancellation) : Get(id);

    /// <summary>Ends a swap before its flip. Repeating is fine.</summary>
    /// <exception cref="ApiException">404; 409 where it has flipped or ended otherwise.</exception>
    public SwapRecord Cancel(string id)
    {
        SwapRecord record = Get(id);
        bool isCancelled = record.Status == SwapStatus.Cancelled || (_running.TryGetValue(id, out SwapRun? run) && run.TryCancel());
        return isCancelled
            ? Get(id)
            : throw new ApiException(409, "conflict_error", "invalid_state", $"The swap is {record.Status} and cannot be cancelled any more.", "id")
            {
                ShouldRetry = false,
            };
    }

    /// <summary>Settles what an earlier process left: a swap whose revision had become the active one has succeeded, any other has not.</summary>
    public void Recover()
    {
        foreach (SwapRecord swap in swaps.List().Where(swap => !SwapStatus.IsFinal(swap.Status)))
        {
            bool hasFlipped = swap.Status is SwapStatus.Switching or SwapStatus.Draining && poolStore.Find(swap.Model)?.Active == swap.To;
            swaps.Save(swap with
            {
                Status = hasFlipped ? SwapStatus.Succeeded : SwapStatus.Failed,
                FinishedAt = time.GetUtcNow().ToUnixTimeSeconds(),
                Error = hasFlipped ? null : new SwapError("interrupted", "The server ended before the swap was done; the old revision serves."),
            });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.SwapEnded, LogLevel.Information, "Swap {Swap} of '{Model}' from {From} to {To} ({Strategy}) {Status} in {Milliseconds:0} ms")]
        public static partial void Ended(
            ILogger logger, string swap, string model, string? from, string to, string strategy, string status, double milliseconds);

        [LoggerMessage(EventIds.SwapFailed, LogLevel.Error, "Swap {Swap} of '{Model}' to {To} failed ({Code}): {Reason}")]
        public static partial void Failed(ILogger logger, string swap, string model, string to, string code, string reason);
    }
}
