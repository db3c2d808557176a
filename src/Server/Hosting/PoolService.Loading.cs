using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>How models come into memory.</summary>
internal sealed partial class PoolService
{
    // What was told to end leaves at the engine's next step; this bounds the wait for a step that never comes.
    private static readonly TimeSpan s_abortTime = TimeSpan.FromSeconds(5);

    // Often enough that nobody notices, seldom enough to cost nothing. Only waits that no signal ends use it.
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// P-7: the active revision of a model. Where it is not loaded, a load is begun if none is, and waited for up to <c>Pool:LoadWaitSeconds</c>.
    /// </summary>
    /// <exception cref="ApiException">503 <c>model_loading</c>, <c>model_failed</c> or <c>insufficient_memory</c>.</exception>
    public async Task<ServedModel> RequireAsync(PoolEntry entry, CancellationToken cancellation)
    {
        entry.Touch();
        long start = time.GetTimestamp();
        while (true)
        {
            Task changed = entry.Changed;
            if (entry.Active is { } model)
            {
                return model;
            }

            if (!entry.IsBusy)
            {
                if (entry.UntilRetry() > TimeSpan.Zero)
                {
                    throw ModelPool.NotLoaded(entry);
                }

                BeginLoad(entry);
            }

            TimeSpan left = settings.Pool.LoadWait - time.GetElapsedTime(start);
            try
            {
                await changed.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellation);
            }
            catch (TimeoutException)
            {
                throw StillLoading(entry, time.GetElapsedTime(start));
            }
        }
    }

    /// <summary>Loads a model, and remembers how it is to be held.</summary>
    /// <exception cref="ApiException">404; 409 where it is loaded with other settings; 503 where it cannot be loaded.</exception>
    public async Task<ServedModel> LoadAsync(string name, LoadOptions? options = null, CancellationToken cancellation = default)
    {
        PoolEntry entry = pool.Get(name);
        await entry.Gate.WaitAsync(cancellation);
        try
        {
            Apply(entry, options ?? new LoadOptions());
            return entry.Active ?? await LoadActiveAsync(entry, cancellation);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>The same without waiting for the weights.</summary>
    /// <returns>Whether the model is loaded already.</returns>
    /// <exception cref="ApiException">409 where it is loaded with other settings.</exception>
    public async Task<bool> BeginLoadAsync(PoolEntry entry, LoadOptions options, CancellationToken cancellation)
    {
        if (entry.Active is null && entry.IsBusy)
        {
            // Its gate is held for as long as that takes.
            return false;
        }

        await entry.Gate.WaitAsync(cancellation);
        try
        {
            Apply(entry, options);
            entry.Touch();
            if (entry.Active is not null)
            {
                return true;
            }
        }
        finally
        {
            entry.Gate.Release();
        }

        // Whoever asks in so many words does not wait for the back-off of earlier failures.
        BeginLoad(entry, isCommand: true);
        return false;
    }

    /// <summary>Changes what is remembered of a model without touching its weights.</summary>
    /// <exception cref="ApiException">409: it is loaded with another cache or context.</exception>
    internal void Apply(PoolEntry entry, LoadOptions options)
    {
        PoolRecord record = entry.Record;
        bool changesEngine = (options.KvProfile is { } profile && profile != record.KvProfile)
            || (options.MaxModelLength is { } length && length != record.MaxModelLength);
        if (changesEngine && entry.Active is not null)
        {
            throw new ApiException(
                409, "conflict_error", "invalid_state", $"The model '{entry.Name}' is loaded with another cache or context length; unload it first.", "model");
        }

        PoolRecord changed = record with
        {
            Pinned = options.Pin ?? record.Pinned,
            KvProfile = options.KvProfile ?? record.KvProfile,
            MaxModelLength = options.MaxModelLength ?? record.MaxModelLength,
            TtlSeconds = options.TtlSeconds ?? record.TtlSeconds,
        };
        if (changed != record)
        {
            entry.Record = changed;
            store.Save(changed);
        }
    }

    /// <summary>Loads the active revision; the caller holds the gate.</summary>
    /// <exception cref="ApiException">503.</exception>
    internal async Task<ServedModel> LoadActiveAsync(PoolEntry entry, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        entry.Enter(ModelStatus.Loading);
        Tell(entry);
        try
        {
            ServedModel model = await BringAsync(entry, RevisionOf(entry, entry.Record.Active), evictsIdle: true, cancellation);
            Activate(entry, model);
            metrics.Loaded(time.GetElapsedTime(start).TotalSeconds, succeeded: true);
            StartReport.Model(logger, model, time.GetElapsedTime(start));
            return model;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it was: what is not remembered as a failure would be tried again at once, for ever.
            Fail(entry, exception);
            metrics.Loaded(time.GetElapsedTime(start).TotalSeconds, succeeded: false);
            throw entry.Failure!.ToException(entry.Name, entry.UntilRetry());
        }
        finally
        {
            entry.Enter(ModelStatus.Unloaded);
            Tell(entry);
        }
    }

    /// <summary>Loads a revision into the room that it needs; it is in memory then, but takes no requests.</summary>
    /// <exception cref="InsufficientMemoryForModelException">There is not enough room, and not enough can be made.</exception>
    internal async Task<ServedModel> BringAsync(PoolEntry entry, ModelRevision revision, bool evictsIdle, CancellationToken cancellation)
    {
        long bytes = factory.Estimate(entry, revision);
        await ReserveAsync(entry, bytes, evictsIdle);
        try
        {
            ServedModel model = await factory.LoadAsync(entry, revision, cancellation);
            entry.Add(model);
            StartReport.Adapters(logger, model);
            return model;
        }
        finally
        {
            memory.Release(bytes);
        }
    }

    internal void Activate(PoolEntry entry, ServedModel model)
    {
        PoolRecord record = entry.Record with
        {
            Active = model.Revision,
            PathRevision = model.Source.Record is null ? model.Revision : entry.Record.PathRevision,
            ContextLength = model.Model.ContextLength,
            IsLoaded = true,
        };
        model.KeptUntil = long.MaxValue;
        model.Open();
        entry.Queue.TryActivate(model.Leases);
        entry.Touch();
        Remember(entry, record);
        entry.Succeed();
    }

    /// <summary>Remembers what a restart should find; where that fails, the model serves all the same.</summary>
    internal void Remember(PoolEntry entry, PoolRecord record)
    {
        entry.Record = record;
        try
        {
            store.Save(record);
        }
        catch (IOException exception)
        {
            Log.StateLost(logger, entry.Name, exception.Message);
        }
    }

    internal void Fail(PoolEntry entry, Exception exception)
    {
        entry.Fail(exception is InsufficientMemoryForModelException ? LoadFailure.InsufficientMemory : LoadFailure.ModelFailed, exception.Message);
        Log.LoadFailed(logger, entry.Name, exception.Message);
    }

    private void BeginLoad(PoolEntry entry, bool isCommand = false)
    {
        if (entry.TryBeginLoad())
        {
            Run(async () =>
            {
                await entry.Gate.WaitAsync(_stopping.Token);
                try
                {
                    if (entry.Active is null && (isCommand || entry.UntilRetry() == TimeSpan.Zero))
                    {
                        await LoadActiveAsync(entry, _stopping.Token);
                    }
                }
                catch (ApiException)
                {
                    // Those who wait read the failure from the entry.
                }
                finally
                {
                    entry.EndLoad();
                    entry.Gate.Release();
                    entry.Signal();
                }
            });
        }
    }

    private static ApiException StillLoading(PoolEntry entry, TimeSpan waited)
    {
        // What is left at the pace so far; the answer keeps it between 1 and 120 s (E-3).
        double left = entry.Progress > 0.01 ? waited.TotalSeconds * (1 - entry.Progress) / entry.Progress : 5;
        return new ApiException(503, "unavailable_error", "model_loading", $"The model '{entry.Name}' is being loaded.", "model")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(left, 1, 120)),
        };
    }
}
