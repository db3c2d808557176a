using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Training;

/// <summary>Gradients inside a block.</summary>
internal sealed class BlockBackScratch(ModelConfig config, int tokens) : IDisposable
{
    public FloatRows Qkv { get; } = new(tokens, (config.HeadCount + (2 * config.KvHeadCount)) * config.HeadSize);

    /// <summary>Before the norms of heads; null where there are none.</summary>
    public FloatRows? RawQkv { get; } =
        config.QueryKeyNorm == QueryKeyNorm.None ? null : new FloatRows(tokens, (config.HeadCount + (2 * config.KvHeadCount)) * config.HeadSize);

    public FloatRows Attended { get; } = new(tokens, config.HeadCount * config.HeadSize);

    public void Dispose()
    {
        Qkv.Dispose();
        RawQkv?.Dispose();
        Attended.Dispose();
    }
}
