using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>A revision of a model in memory, with its engine.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private long _keptUntil = long.MaxValue;

    /// <summary>What callers use.</summary>
    public required string Name { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Created { get; init; }

    public required LoadedModel Model { get; init; }

    public required InferenceEngine Engine { get; init; }

    public required RequestQueue Queue { get; init; }

    /// <summary><c>rev_…</c>: the storage's, or from the weights' digest.</summary>
    public required string Revision { get; init; }

    /// <summary>Where it came from.</summary>
    public required ModelRevision Source { get; init; }

    /// <summary>D-3: digest of revision, cache profile, engine version and determinism mode.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>P-11: all adapters of the model, those included that do not go with this revision.</summary>
    public IReadOnlyList<ServedAdapter> Adapters { get; init; } = [];

    /// <summary>Whether outputs are independent of the rest of the batch.</summary>
    public required bool BatchInvariant { get; init; }

    public required CachePlan CachePlan { get; init; }

    public required RevisionLeases Leases { get; init; }

    /// <summary>Bytes of adapters.</summary>
    public long AdapterBytes => Model.Adapters.Sum(adapter => adapter.Bytes);

    /// <summary>Bytes of weights, adapters, scratch, and of the cache's blocks that were ever used (P-6).</summary>
    public long MemoryBytes => Model.WeightBytes + AdapterBytes + Model.ScratchBytes + TouchedCacheBytes;

    /// <summary>Bytes of the cache's blocks that were ever used; the others were never taken from the system.</summary>
    public long TouchedCacheBytes => Engine.Snapshot.BlocksTouched * CachePlan.BytesPerToken * KvLayout.BlockTokens;

    /// <summary>P-5: until when a revision that is not active any more is kept in memory: a timestamp.</summary>
    public long KeptUntil
    {
        get => Volatile.Read(ref _keptUntil);
        set => Volatile.Write(ref _keptUntil, value);
    }

    /// <summary>What an answer with that adapter, or with none, is fingerprinted with.</summary>
    public string FingerprintOf(string? adapter) => FindAdapter(adapter)?.Fingerprint ?? Fingerprint;

    public ServedAdapter? FindAdapter(string? adapter) => Adapters.FirstOrDefault(one => one.Name == adapter);

    /// <summary>Checks that an adapter can be computed with.</summary>
    /// <exception cref="ApiException">503 <c>model_failed</c>: it does not go with this revision.</exception>
    public void RequireAdapter(string adapter)
    {
        if (FindAdapter(adapter) is not { Failure: null })
        {
            throw new ApiException(
                503, "unavailable_error", LoadFailure.ModelFailed,
                $"The adapter '{ModelChoice.NameOf(Name, adapter)}' cannot be served with the revision {Revision}: {FindAdapter(adapter)?.Failure ?? "it is not loaded."}", "model")
            {
                ShouldRetry = false,
            };
        }
    }

    /// <summary>Whether it has been the active one: requests may name it from then on. One that is still probed takes none.</summary>
    public bool IsOpen { get; private set; }

    public void Open() => IsOpen = true;

    /// <summary>P-5: it is not active any more, and is kept for a while.</summary>
    public void KeepUntil(TimeProvider time, TimeSpan keep) =>
        KeptUntil = time.GetTimestamp() + (long)(keep.TotalSeconds * time.TimestampFrequency);

    /// <summary>Stops the engine and frees the model's memory.</summary>
    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Model.Dispose();
    }
}
