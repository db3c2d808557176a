using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Training;

/// <summary>What a block computes on the way forward and needs again on the way back.</summary>
internal sealed class BlockActivations : IDisposable
{
    private readonly int _tokens;

    public BlockActivations(ModelConfig config, int tokens)
    {
        int heads = config.HeadCount + (2 * config.KvHeadCount);
        _tokens = tokens;
        Qkv = new FloatRows(tokens, heads * config.HeadSize);
        RawQkv = config.QueryKeyNorm == QueryKeyNorm.None ? Qkv : new FloatRows(tokens, heads * config.HeadSize);
        Attended = new FloatRows(tokens, config.HeadCount * config.HeadSize);
        Middle = new FloatRows(tokens, config.HiddenSize);
        GateUp = new FloatRows(tokens, 2 * config.IntermediateSize);
    }

    /// <summary>Queries and keys before their norm; where they have none, the same rows as <see cref="Qkv"/>.</summary>
    public FloatRows RawQkv { get; }

    /// <summary>Queries and keys as attention reads them, and values.</summary>
    public FloatRows Qkv { get; }

    public FloatRows Attended { get; }

    /// <summary>The residual stream between attention and MLP.</summary>
    public FloatRows Middle { get; }

    /// <summary>What the gate and up projections gave.</summary>
    public FloatRows GateUp { get; }

    /// <summary>Bytes for so many tokens.</summary>
    public static long Bytes(ModelConfig config, int tokens) =>
        sizeof(float) * (long)tokens
        * (((config.QueryKeyNorm == QueryKeyNorm.None ? 1 : 2) * (config.HeadCount + (2 * config.KvHeadCount)) * config.HeadSize)
            + (config.HeadCount * config.HeadSize) + config.HiddenSize + (2 * config.IntermediateSize));

    public bool Holds(int tokens) => tokens <= _tokens;

    public void Dispose()
    {
        RawQkv.Dispose();
        Qkv.Dispose();
        Attended.Dispose();
        Middle.Dispose();
        GateUp.Dispose();
    }
}
