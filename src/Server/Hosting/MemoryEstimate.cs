using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Server.Hosting;

/// <summary>What a model will take in memory before it has served anything, from headers alone. The cache counts as it is used.</summary>
internal static class MemoryEstimate
{
    private const int DefaultStepTokens = 2048;
    private const int LeastLogitRows = 64;
    private const int OpenTokens = 32;
    private const int HalfBytes = 2;

    public static long Of(Checkpoint checkpoint, InferenceOptions options)
    {
        ModelConfig config = checkpoint.Config;
        long weights = checkpoint.PlanFormats().Sum(plan => plan.LoadedBytes);

        // Buffers of a step: residual stream and its norm, queries, keys, values and the attention's result, gate and up.
        long attention = (2L * config.HeadCount) + (2L * config.KvHeadCount);
        long floatsPerToken = (3L * config.HiddenSize) + (attention * config.HeadSize) + (2L * config.IntermediateSize);
        long step = (options.MaxBatchedTokens ?? DefaultStepTokens) * floatsPerToken * sizeof(float);
        long logits = (long)Math.Max(LeastLogitRows, options.MaxRunning) * config.VocabularySize * sizeof(float);
        long open = (long)options.MaxRunning * OpenTokens * config.LayerCount * config.KvHeadCount * config.HeadSize * 2 * HalfBytes;
        return weights + step + logits + open;
    }
}
