using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Admission;

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

    /// <summary>Whether outputs are independent of the rest of the batch.</summary>
    public required bool BatchInvariant { get; init; }

    public required CachePlan CachePlan { get; init; }

    public required RevisionLeases Leases { get; init; }

    /// <summary>Bytes of weights, scratch, and of the cache's blocks that were ever used (P-6).</summary>
    public long MemoryBytes => Model.WeightBytes + Model.ScratchBytes + TouchedCacheBytes;

    /// <summary>Bytes of the cache's blocks that were ever used; the others were never taken from the system.</summary>
    public long TouchedCacheBytes => Engine.Snapshot.BlocksTouched * CachePlan.BytesPerToken * KvLayout.BlockTokens;

    /// <summary>P-5: until when a revision that is not active any more is kept in memory: a timestamp.</summary>
    public long KeptUntil
    {
        get => Volatile.Read(ref _keptUntil);
        set => Volatile.Write(ref _keptUntil, value);
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
