namespace Sparrow.Server.Hosting.Swaps;

/// <summary>What becomes of the old revision's requests, and of itself.</summary>
internal sealed partial class SwapService
{
    private static readonly TimeSpan s_defaultDrain = TimeSpan.FromSeconds(300);

    // What was told to end leaves at the engine's next step; this bounds the wait for a step that never comes.
    private static readonly TimeSpan s_abortTime = TimeSpan.FromSeconds(5);

    /// <summary>Lets the old revision finish and takes it out of memory; where it does not finish, it serves on.</summary>
    private async Task DrainAsync(SwapRun run, ServedModel old)
    {
        PoolEntry entry = run.Entry;
        entry.Queue.Deactivate();
        try
        {
            TimeSpan limit = run.Request.Drain ?? s_defaultDrain;
            if (!await WaitForLeasesAsync(entry, old, limit, run.Cancellation))
            {
                throw new SwapException("drain_timeout", $"Requests were still running after {limit.TotalSeconds:0.#} s.");
            }

            run.Cancellation.ThrowIfCancellationRequested();
            foreach (ServedModel model in entry.InMemory)
            {
                if (!await models.TryDropAsync(entry, model) && model == old)
                {
                    // A request that names the revision has come meanwhile; it is served.
                    throw new SwapException("drain_timeout", "A request that names the old revision came while it was leaving.");
                }
            }
        }
        catch
        {
            entry.Queue.TryActivate(old.Leases);
            entry.Enter(ModelStatus.Unloaded);
            throw;
        }
    }

    private async Task EndOldAsync(SwapRun run, ServedModel? old)
    {
        if (old is null)
        {
            return;
        }

        PoolEntry entry = run.Entry;
        run.Enter(SwapStatus.Draining);
        TrySave(run);
        try
        {
            if (!await WaitForLeasesAsync(entry, old, run.Request.Drain, models.Stopping))
            {
                entry.Queue.Abort(old.Leases);
                await WaitForLeasesAsync(entry, old, s_abortTime, models.Stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops: the swap is done all the same.
            return;
        }

        // P-5: kept where it fits; an older one that was kept until now makes way.
        foreach (ServedModel model in entry.InMemory.Where(model => model != entry.Active && model.KeptUntil < long.MaxValue))
        {
            if (model.Revision != entry.Record.Previous || settings.Pool.RollbackKeep == TimeSpan.Zero || memory.Free < 0)
            {
                await models.TryDropAsync(entry, model);
            }
        }
    }

    /// <returns>False where the time is up; true where nobody is on the revision any more, or it has become the active one again.</returns>
    private async Task<bool> WaitForLeasesAsync(PoolEntry entry, ServedModel model, TimeSpan? limit, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            Task changed = entry.Changed;
            if (model.Leases.Count == 0 || entry.Active == model)
            {
                return true;
            }

            TimeSpan left = limit is { } most ? most - time.GetElapsedTime(start) : Timeout.InfiniteTimeSpan;
            if (limit is not null && left <= TimeSpan.Zero)
            {
                return false;
            }

            try
            {
                await changed.WaitAsync(left, time, cancellation);
            }
            catch (TimeoutException)
            {
                // Looked at once more above.
            }
        }
    }
}
