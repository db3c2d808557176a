using System.Diagnostics.Metrics;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Observability;

/// <summary>
/// Where a cache's bytes are: in sealed blocks that sequences hold, in blocks kept for prefix hits, free, and in open blocks, for each pair of
/// precisions that some layer has.
/// </summary>
internal static class KvCacheBytes
{
    public static IEnumerable<Measurement<long>> Measure(ServedModel model)
    {
        EngineSnapshot snapshot = model.Engine.Snapshot;
        KvProfile profile = model.Model.KvProfile;
        KvShape layer = KvShape.Of(model.Model.Config) with { LayerCount = 1 };
        int openBits = profile.OpenBlocksAreFloat ? 32 : 16;
        long openBytes = PagedKvCache.PlanBlockBytes(layer, KvProfile.Uniform("open", 1, new KvPair(openBits, openBits)));
        foreach (IGrouping<KvPair, KvPair> layers in profile.Pairs.GroupBy(pair => pair))
        {
            long blockBytes = layers.Count() * PagedKvCache.PlanBlockBytes(layer, profile with { Pairs = [layers.Key] });
            yield return Of("open", layers.Count() * openBytes * snapshot.RunningSequences);
            yield return Of("sealed", blockBytes * snapshot.BlocksInUse);
            yield return Of("cached", blockBytes * snapshot.BlocksCached);
            yield return Of("free", blockBytes * snapshot.BlocksFree);

            Measurement<long> Of(string state, long bytes) =>
                new(bytes, new("model_name", model.Name), new("pair", layers.Key.ToString()), new("state", state));
        }
    }
}
