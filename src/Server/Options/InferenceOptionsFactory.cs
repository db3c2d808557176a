using Sparrow.Runtime;

namespace Sparrow.Server.Options;

/// <summary>From the server's settings to the runtime's options.</summary>
internal static class InferenceOptionsFactory
{
    public static InferenceOptions ToInferenceOptions(this ServerSettings settings) =>
        new()
        {
            Activations = settings.Engine.Activations,
            Kernels = settings.Engine.Kernels,
            KvProfile = settings.KvCache.Profile,
            KvCacheBytes = settings.KvCache.Bytes,
            MaxRunning = settings.Scheduler.MaxRunning,
            MaxBatchedTokens = settings.Scheduler.MaxBatchedTokens,
            TargetInterTokenLatency = settings.Scheduler.TargetInterTokenLatency,
            MaxLongPrefills = settings.Scheduler.MaxLongPrefills,
            MaxPreemptions = settings.Scheduler.MaxPreemptions,
            PrefixCaching = settings.KvCache.PrefixCaching,
            BatchInvariant = settings.Engine.BatchInvariant,
            ContextLength = settings.Engine.ContextLength,
        };
}
