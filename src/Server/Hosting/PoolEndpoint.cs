using System.Text.Json.Serialization;
using Sparrow.Runtime;
using Sparrow.Server.Admission;

namespace Sparrow.Server.Hosting;

/// <summary><c>GET /v1/pool</c>: the models with their memory, cache and load.</summary>
internal static class PoolEndpoint
{
    public static void MapPool(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/pool", (ModelPool pool) => Results.Json(Describe(pool)))
            .WithMetadata(new ScopeRequirement(Scopes.Admin))
            .WithName("GetPool").WithTags("Operations").WithSummary("The models with their memory, cache and load.")
            .Produces<PoolView>();

    private static PoolView Describe(ModelPool pool)
    {
        List<PoolModelView> models = [.. pool.Entries.Select(Describe)];
        return new PoolView(
            "pool", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, models.Sum(model => model.Bytes + (model.Cache?.Bytes ?? 0)), models);
    }

    private static PoolModelView Describe(PoolEntry entry)
    {
        QueueSnapshot queue = entry.Queue.Snapshot;
        ServedModel? model = entry.Active;
        return new PoolModelView(
            entry.Name,
            entry.Status.ToString().ToLowerInvariant(),
            model is not null ? 1 : entry.Progress,
            entry.Failure,
            model?.Revision,
            model?.Model.WeightBytes ?? 0,
            model?.Leases.Count ?? 0,
            queue.RunningRequests,
            queue.WaitingRequests,
            queue.WaitingPromptTokens,
            model is null ? null : DescribeCache(model));
    }

    private static PoolCacheView DescribeCache(ServedModel model)
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

    /// <summary>The pool.</summary>
    internal sealed record PoolView(
        string Object,
        [property: JsonPropertyName("memory_bytes")] long MemoryBytes,
        [property: JsonPropertyName("used_bytes")] long UsedBytes,
        IReadOnlyList<PoolModelView> Models);

    /// <summary>A model of the pool.</summary>
    internal sealed record PoolModelView(
        string Id,
        string Status,
        double Progress,
        string? Failure,
        string? Revision,
        long Bytes,
        int Leases,
        int Running,
        int Queued,
        [property: JsonPropertyName("queued_prompt_tokens")] long QueuedPromptTokens,
        PoolCacheView? Cache);

    /// <summary>A model's cache: its plan and its blocks now.</summary>
    internal sealed record PoolCacheView(
        string Profile,
        string Digest,
        string Mode,
        [property: JsonPropertyName("effective_bits")] double EffectiveBits,
        long Bytes,
        [property: JsonPropertyName("bytes_per_token")] long BytesPerToken,
        [property: JsonPropertyName("block_tokens")] int BlockTokens,
        [property: JsonPropertyName("blocks_total")] int BlocksTotal,
        [property: JsonPropertyName("blocks_in_use")] int BlocksInUse,
        [property: JsonPropertyName("blocks_cached")] int BlocksCached,
        [property: JsonPropertyName("blocks_free")] int BlocksFree,
        [property: JsonPropertyName("longest_request")] int LongestRequest,
        IReadOnlyDictionary<string, int> Concurrency);
}
