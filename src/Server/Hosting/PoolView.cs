using Sparrow.Runtime;
using Sparrow.Server.Admission;

namespace Sparrow.Server.Hosting;

/// <summary>The pool as <c>GET /v1/pool</c> shows it.</summary>
/// <param name="Object"><c>pool</c>.</param>
/// <param name="MemoryBytes">The budget.</param>
/// <param name="UsedBytes">What revisions in memory really take of it.</param>
/// <param name="ReservedBytes">What is promised to loads under way.</param>
/// <param name="Models">All models, loaded or not.</param>
internal sealed record PoolView(string Object, long MemoryBytes, long UsedBytes, long ReservedBytes, IReadOnlyList<PoolModelView> Models)
{
    public static PoolView Of(ModelPool pool, PoolMemory memory, TimeProvider time) =>
        new("pool", memory.Budget, memory.Used, memory.Reserved, [.. pool.Entries.Select(entry => PoolModelView.Of(entry, time))]);
}

/// <summary>A model of the pool.</summary>
internal sealed record PoolModelView(
    string Id,
    string Status,
    double Progress,
    string? Failure,
    double? RetryInSeconds,
    string? Revision,
    string? PreviousRevision,
    bool Pinned,
    bool Required,
    double? TtlSeconds,
    double IdleSeconds,
    long Bytes,
    int Leases,
    int Running,
    int Queued,
    long QueuedPromptTokens,
    IReadOnlyList<PoolRevisionView> Revisions,
    PoolCacheView? Cache)
{
    public static PoolModelView Of(PoolEntry entry, TimeProvider time)
    {
        QueueSnapshot queue = entry.Queue.Snapshot;
        ServedModel? model = entry.Active;
        ServedModel[] inMemory = [.. entry.InMemory];
        return new PoolModelView(
            entry.Name,
            entry.Status.ToString().ToLowerInvariant(),
            model is not null ? 1 : entry.Progress,
            entry.Failure?.Reason,
            entry.Failure is null ? null : Math.Round(entry.UntilRetry().TotalSeconds, 3),
            model?.Revision ?? entry.Record.Active,
            entry.Record.Previous,
            entry.Record.Pinned,
            entry.IsRequired,
            entry.Record.TtlSeconds,
            queue.RunningRequests + queue.WaitingRequests > 0 ? 0 : Math.Round(time.GetElapsedTime(entry.LastUsed).TotalSeconds, 3),
            inMemory.Sum(one => one.MemoryBytes),
            inMemory.Sum(one => one.Leases.Count),
            queue.RunningRequests,
            queue.WaitingRequests,
            queue.WaitingPromptTokens,
            [.. inMemory.Select(one => PoolRevisionView.Of(one, one == model))],
            model is null ? null : PoolCacheView.Of(model));
    }
}

/// <summary>A revision in memory.</summary>
/// <param name="Id">Revision.</param>
/// <param name="Active">Whether new requests go to it.</param>
/// <param name="Leases">Requests on it.</param>
/// <param name="WeightBytes">Bytes of weights.</param>
/// <param name="ScratchBytes">Bytes of buffers.</param>
/// <param name="CacheBytes">Bytes of cache blocks that were ever used.</param>
/// <param name="AdapterBytes">Bytes of adapters.</param>
internal sealed record PoolRevisionView(string Id, bool Active, int Leases, long WeightBytes, long ScratchBytes, long CacheBytes, long AdapterBytes)
{
    public static PoolRevisionView Of(ServedModel model, bool isActive) =>
        new(model.Revision, isActive, model.Leases.Count, model.Model.WeightBytes, model.Model.ScratchBytes, model.TouchedCacheBytes, model.AdapterBytes);
}

/// <summary>A model's cache: its plan and its blocks now.</summary>
internal sealed record PoolCacheView(
    string Profile,
    string Digest,
    string Mode,
    double EffectiveBits,
    long Bytes,
    long BytesPerToken,
    int BlockTokens,
    int BlocksTotal,
    int BlocksInUse,
    int BlocksCached,
    int BlocksFree,
    int LongestRequest,
    IReadOnlyDictionary<string, int> Concurrency)
{
    public static PoolCacheView Of(ServedModel model)
    {
        EngineSnapshot now = model.Engine.Snapshot;
        CachePlan plan = model.CachePlan;
        return new PoolCacheView(
            model.Model.KvProfile.Name,
            model.Model.KvProfile.Digest,
            model.Model.KvProfile.ModeName,
            Math.Round(model.Model.KvProfile.EffectiveBits(model.Model.Config.HeadSize), 4),
            plan.Bytes,
            plan.BytesPerToken,
            32,
            now.BlockCount,
            now.BlocksInUse,
            now.BlocksCached,
            now.BlocksFree,
            plan.LongestRequest,
            new Dictionary<string, int>
            {
                ["1024"] = plan.ConcurrencyAt1024,
                ["4096"] = plan.ConcurrencyAt4096,
                ["max"] = plan.ConcurrencyAtLongest,
            });
    }
}
