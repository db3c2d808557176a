using Sparrow.Runtime.Loading;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting.Swaps;

/// <summary>One swap from start to end.</summary>
internal sealed partial class SwapService
{
    /// <summary>
    /// 1. The new revision comes into memory, beside the old one or in its place. 2. It is probed. 3. The pointer flips, in the records and then for
    /// requests. 4. The old one's requests end; it is kept for a rollback or dropped.
    /// </summary>
    private async Task RunAsync(SwapRun run)
    {
        try
        {
            ServedModel? old;
            await run.Entry.Gate.WaitAsync(run.Cancellation);
            try
            {
                old = await FlipAsync(run);
            }
            finally
            {
                // Until here a model without a revision counted as one that is being loaded.
                run.Entry.Enter(ModelStatus.Unloaded);
                run.Entry.Gate.Release();
            }

            // 4. The gate is open again: whoever wants to roll back need not wait for the old revision's requests.
            await EndOldAsync(run, old);
            run.Enter(SwapStatus.Succeeded);
        }
        catch (OperationCanceledException)
        {
            run.Enter(SwapStatus.Cancelled);
        }
        catch (Exception exception)
        {
            SwapError error = Describe(exception);
            Log.Failed(logger, run.Record.Id, run.Record.Model, run.Record.To, error.Code, error.Message);
            run.Record = run.Record with { Error = error };
            run.Enter(SwapStatus.Failed);
        }
        finally
        {
            End(run);
        }
    }

    /// <returns>The revision that was active and is still in memory.</returns>
    private async Task<ServedModel?> FlipAsync(SwapRun run)
    {
        PoolEntry entry = run.Entry;
        ServedModel? old = entry.Active;
        string? from = old?.Revision ?? entry.Record.Active;
        run.Record = run.Record with { From = from };
        if (old?.Revision == run.Record.To)
        {
            return null;
        }

        // 1.
        ModelRevision revision = models.RevisionOf(entry, run.Record.To);
        SwapProbe.RequireGate(revision.Record);
        ServedModel? next = entry.FindInMemory(run.Record.To);
        bool wasKept = next is not null;
        if (next is not null)
        {
            // Nobody gives it up from here on.
            next.KeptUntil = long.MaxValue;
        }

        try
        {
            if (next is null)
            {
                (next, old) = await BringAsync(run, revision, old);

                // 2.
                run.Enter(SwapStatus.Probing);
                if (run.Request.Probe)
                {
                    await LoaderThread.RunAsync(() => SwapProbe.Run(next.Model));
                }
            }

            // 3. Records first: a crash in between starts with the new revision, which is whole and probed.
            run.Decide();
            run.Enter(SwapStatus.Switching);
            PoolRecord record = entry.Record with { Active = next.Revision, Previous = from, ContextLength = next.Model.ContextLength, IsLoaded = true };
            swaps.Save(run.Record, poolStore.Put(record));
            if (!entry.Queue.TryActivate(next.Leases))
            {
                // It was kept and has just been given up to make room. The records name it; the next attempt loads it.
                swaps.Save(run.Record, poolStore.Put(entry.Record));
                throw new SwapException("revision_gone", "The revision left the memory at this moment; ask again.");
            }

            next.Open();
            entry.Record = record;
            entry.Succeed();
            old?.KeepUntil(time, settings.Pool.RollbackKeep);
            models.Tell(entry);
            return old;
        }
        catch
        {
            if (wasKept)
            {
                next!.KeepUntil(time, settings.Pool.RollbackKeep);
            }

            await UndoAsync(entry, wasKept ? null : next);
            throw;
        }
    }

    private async Task<(ServedModel Next, ServedModel? Old)> BringAsync(SwapRun run, ModelRevision revision, ServedModel? old)
    {
        PoolEntry entry = run.Entry;
        run.Enter(SwapStatus.Loading);
        if (run.Request.Probe && revision.Record is { } stored)
        {
            await LoaderThread.RunAsync(() => revisions.Verify(stored, run.Cancellation));
        }

        long bytes = await Task.Run(() => factory.Estimate(entry, revision), run.Cancellation);
        string strategy = Choose(run, entry, old, bytes);
        long unavailableSince = 0;
        if (strategy == SwapStrategy.Drain && old is not null)
        {
            run.Enter(SwapStatus.Draining);
            entry.Enter(ModelStatus.Draining);
            unavailableSince = time.GetTimestamp();
            await DrainAsync(run, old);
            old = null;
            run.Enter(SwapStatus.Loading);
        }

        if (old is null)
        {
            entry.Enter(ModelStatus.Loading);
        }

        long start = time.GetTimestamp();
        ServedModel next = await models.BringAsync(entry, revision, evictsIdle: old is null || run.Request.Strategy == SwapStrategy.Parallel, run.Cancellation);
        metrics.Loaded(time.GetElapsedTime(start).TotalSeconds, succeeded: true);
        if (unavailableSince != 0)
        {
            run.Record = run.Record with
            {
                Timings = run.Record.Timings with { UnavailableMs = Math.Round(time.GetElapsedTime(unavailableSince).TotalMilliseconds, 3) },
            };
        }

        return (next, old);
    }

    /// <summary>P-2: beside the old one where memory allows, with what is only kept given up; else in its place.</summary>
    private string Choose(SwapRun run, PoolEntry entry, ServedModel? old, long bytes)
    {
        long free = memory.Free;
        long room = free + models.Evictable(entry, evictsIdle: run.Request.Strategy == SwapStrategy.Parallel || old is null);
        string strategy = run.Request.Strategy != SwapStrategy.Auto ? run.Request.Strategy
            : bytes <= room || old is null ? SwapStrategy.Parallel
            : SwapStrategy.Drain;
        run.Record = run.Record with { Strategy = strategy, Estimate = new SwapEstimate(bytes, free) };

        // Found out before anything is given up for it.
        long most = strategy == SwapStrategy.Drain ? free + models.Evictable(entry, evictsIdle: true) + (old?.MemoryBytes ?? 0) : room;
        return bytes <= most ? strategy : throw new InsufficientMemoryForModelException(bytes, most, memory.Budget);
    }

    /// <summary>Before the flip nothing has happened for callers; what was loaded goes, and what was drained comes back (P-3).</summary>
    private async Task UndoAsync(PoolEntry entry, ServedModel? next)
    {
        if (next is not null)
        {
            await models.TryDropAsync(entry, next);
        }

        if (entry.Active is null && entry.Record.IsLoaded && !models.Stopping.IsCancellationRequested)
        {
            try
            {
                await models.LoadActiveAsync(entry, models.Stopping);
            }
            catch (ApiException)
            {
                // The entry says why; the sweep tries again after a while.
            }
        }
    }

    private void End(SwapRun run)
    {
        SwapRecord record = run.Record;
        bool isSaved = TrySave(run);
        double seconds = time.GetElapsedTime(run.Started).TotalSeconds;
        metrics.Swapped(record.Strategy, record.Status, seconds);
        Log.Ended(logger, record.Id, record.Model, record.From, record.To, record.Strategy, record.Status, seconds * 1000);
        run.Ended.TrySetResult(record);
        if (isSaved)
        {
            // Otherwise it goes on being told from memory.
            _running.TryRemove(record.Id, out _);
        }

        run.Dispose();
    }

    // What is already done cannot fail any more for want of a record; a restart would settle it.
    private bool TrySave(SwapRun run)
    {
        try
        {
            swaps.Save(run.Record);
            return true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            Log.Failed(logger, run.Record.Id, run.Record.Model, run.Record.To, "record", exception.Message);
            return false;
        }
    }

    private static SwapError Describe(Exception exception) => exception switch
    {
        SwapException swap => new SwapError(swap.Code, swap.Message),
        InsufficientMemoryForModelException => new SwapError(LoadFailure.InsufficientMemory, exception.Message),
        ApiException api => new SwapError(api.Code ?? api.Type, api.Message),
        CheckpointException => new SwapError("invalid_artifact", exception.Message),
        Storage.StorageFullException => new SwapError("insufficient_storage", exception.Message),
        IOException or UnauthorizedAccessException => new SwapError("storage_error", exception.Message),
        _ when ModelFactory.IsLoadFailure(exception) => new SwapError(LoadFailure.ModelFailed, exception.Message),
        _ => new SwapError("internal_error", exception.Message),
    };
}
