namespace Sparrow.Server.Hosting;

/// <summary>What happens by itself as time goes by.</summary>
internal sealed partial class PoolService
{
    /// <summary>One look at all models; the server does it every second.</summary>
    public async Task SweepAsync()
    {
        foreach (PoolEntry entry in pool.Entries)
        {
            if (entry.Queue.HeldRequests > 0)
            {
                entry.Touch();
            }

            // 1. P-4: what has waited too long for a revision.
            entry.Queue.EndWaiting(settings.Pool.LoadWait, () => StillLoading(entry, settings.Pool.LoadWait));

            // 2. P-5: what was kept for a rollback.
            foreach (ServedModel model in entry.InMemory.Where(model => model != entry.Active && model.KeptUntil <= time.GetTimestamp()))
            {
                await TryDropAsync(entry, model);
            }

            // 3. P-8: what is idle.
            if (entry.Active is not null && !entry.Record.Pinned && IdleLimit(entry) is { } limit && time.GetElapsedTime(entry.LastUsed) >= limit)
            {
                await TryUnloadIdleAsync(entry, "idle");
            }

            // 4. P-10: what should be there and is not, once its time has come.
            if (entry.Active is null && entry.Failure is not null && (entry.Record.IsLoaded || entry.IsRequired) && !entry.IsBusy && entry.UntilRetry() == TimeSpan.Zero)
            {
                BeginLoad(entry);
            }
        }

        // 5. P-6: caches grow as they are used.
        while (memory.Free < 0 && await EvictOneAsync(null, evictsIdle: true))
        {
        }
    }

    private TimeSpan? IdleLimit(PoolEntry entry) => entry.Record.TtlSeconds switch
    {
        null => settings.Pool.IdleUnload,
        0 => null,
        double seconds => TimeSpan.FromSeconds(seconds),
    };
}
