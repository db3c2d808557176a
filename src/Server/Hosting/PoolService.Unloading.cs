using System.Text.Json.Nodes;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>How models leave memory, and how room is made (P-6).</summary>
internal sealed partial class PoolService
{
    /// <summary>Unloads a model once nobody waits or runs. The next call loads it again (P-7).</summary>
    /// <param name="name">The model.</param>
    /// <param name="drain">How long what waits and runs may take.</param>
    /// <param name="force">Whether what is left then is ended; otherwise the model stays.</param>
    /// <param name="cancellation">The server stops.</param>
    /// <exception cref="ApiException">404; 409 <c>model_in_use</c>.</exception>
    public async Task UnloadAsync(string name, TimeSpan drain, bool force, CancellationToken cancellation = default)
    {
        PoolEntry entry = pool.Get(name);
        await entry.Gate.WaitAsync(cancellation);
        try
        {
            if (entry.InMemory.Count == 0)
            {
                return;
            }

            entry.Enter(ModelStatus.Draining);
            Tell(entry);
            if (!await DrainAsync(entry, drain, cancellation))
            {
                if (!force)
                {
                    throw new ApiException(
                        409, "conflict_error", "model_in_use", $"The model '{entry.Name}' still has requests after {drain.TotalSeconds:0.#} s.", "model")
                    {
                        ShouldRetry = false,
                    };
                }

                entry.Queue.Deactivate();
                entry.Queue.AbortAll();
                await DrainAsync(entry, s_abortTime, cancellation);
            }

            await FreeAsync(entry, "unloaded");
        }
        finally
        {
            entry.Enter(ModelStatus.Unloaded);
            entry.Gate.Release();
            Tell(entry);
        }
    }

    /// <summary>The same without waiting; how it ends is told as an event.</summary>
    public void BeginUnload(PoolEntry entry, TimeSpan drain, bool force) => Run(async () =>
    {
        try
        {
            await UnloadAsync(entry.Name, drain, force, _stopping.Token);
        }
        catch (ApiException exception)
        {
            events.Add("model.status", exception.Message, new JsonObject { ["model"] = entry.Name, ["status"] = "loaded" }, "warn");
        }
    });

    /// <summary>Drops a revision that is not active where nobody has a lease on it.</summary>
    internal async Task<bool> TryDropAsync(PoolEntry entry, ServedModel model)
    {
        if (!entry.Queue.TryClose(model.Leases))
        {
            return false;
        }

        await model.DisposeAsync();
        entry.Remove(model);
        entry.Signal();
        return true;
    }

    /// <summary>Promises room to a load, which others may have to leave for it.</summary>
    /// <exception cref="InsufficientMemoryForModelException">There is not enough.</exception>
    internal async Task ReserveAsync(PoolEntry requester, long bytes, bool evictsIdle)
    {
        while (!memory.TryReserve(bytes))
        {
            if (!await EvictOneAsync(requester, evictsIdle))
            {
                throw new InsufficientMemoryForModelException(bytes, memory.Free, memory.Budget);
            }
        }
    }

    /// <summary>Bytes that could be made free for a model by dropping what is kept and what is idle.</summary>
    internal long Evictable(PoolEntry requester, bool evictsIdle) =>
        pool.Entries.Sum(entry => entry.InMemory.Where(model => model != entry.Active && model.KeptUntil < long.MaxValue).Sum(model => model.MemoryBytes)
            + (evictsIdle && entry != requester && MayBeEvicted(entry) ? entry.Active?.MemoryBytes ?? 0 : 0));

    /// <summary>Makes room by one model: a revision that is only kept for a rollback before one that serves, and of those the least recently used.</summary>
    private async Task<bool> EvictOneAsync(PoolEntry? requester, bool evictsIdle)
    {
        foreach ((PoolEntry entry, ServedModel kept) in pool.Entries
            .SelectMany(entry => entry.InMemory.Where(model => model != entry.Active).Select(model => (entry, model)))
            .OrderBy(pair => pair.model.KeptUntil))
        {
            if (kept.KeptUntil < long.MaxValue && await TryDropAsync(entry, kept))
            {
                Evicted(entry, kept.Revision, "rollback");
                return true;
            }
        }

        if (!evictsIdle)
        {
            return false;
        }

        foreach (PoolEntry entry in pool.Entries.Where(entry => entry != requester && entry.Active is not null && MayBeEvicted(entry)).OrderBy(entry => entry.LastUsed))
        {
            if (await TryUnloadIdleAsync(entry, "memory"))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Unloads a model that nobody uses, at once or not at all.</summary>
    private async Task<bool> TryUnloadIdleAsync(PoolEntry entry, string reason)
    {
        if (!entry.Gate.Wait(0))
        {
            return false;
        }

        try
        {
            string? revision = entry.Active?.Revision;
            if (revision is null || !entry.Queue.TryDeactivateIdle())
            {
                return false;
            }

            await FreeAsync(entry, reason);
            Evicted(entry, revision, reason);
            return true;
        }
        finally
        {
            entry.Gate.Release();
            entry.Signal();
            Tell(entry);
        }
    }

    private static bool MayBeEvicted(PoolEntry entry) => !entry.Record.Pinned && !entry.IsRequired && !entry.IsBusy && entry.Queue.HeldRequests == 0;

    private async Task<bool> DrainAsync(PoolEntry entry, TimeSpan limit, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (!entry.Queue.TryDeactivateIdle())
        {
            if (time.GetElapsedTime(start) >= limit)
            {
                return false;
            }

            await Task.Delay(s_pollInterval, cancellation);
        }

        return true;
    }

    private async Task FreeAsync(PoolEntry entry, string reason)
    {
        foreach (ServedModel model in entry.InMemory)
        {
            if (entry.Queue.TryClose(model.Leases, force: true))
            {
                await model.DisposeAsync();
                entry.Remove(model);
            }
        }

        Remember(entry, entry.Record with { IsLoaded = false });
        Log.Unloaded(logger, entry.Name, reason);
    }

    private void Evicted(PoolEntry entry, string revision, string reason)
    {
        metrics.Evicted(reason);
        events.Add(
            "evicted",
            $"The revision {revision} of '{entry.Name}' left the memory ({reason}).",
            new JsonObject { ["model"] = entry.Name, ["revision"] = revision, ["reason"] = reason });
    }
}
