namespace Sparrow.Runtime.Models.Layers;

/// <summary>The rotary embeddings of a model: one for most, another for layers with a sliding window in some, none for chosen layers in others.</summary>
internal sealed class RotaryEmbeddings : IDisposable
{
    private readonly RotaryEmbedding _full;
    private readonly RotaryEmbedding? _sliding;
    private readonly RotaryEmbedding?[] _byLayer;

    public RotaryEmbeddings(ModelConfig config, DecoderOptions options)
    {
        _full = Create(config.Rope, config, options);
        _sliding = config.SlidingRope is null ? null : Create(config.SlidingRope, config, options);
        _byLayer = new RotaryEmbedding?[config.LayerCount];
        for (int layer = 0; layer < _byLayer.Length; layer++)
        {
            bool rotates = config.RopeLayers?[layer] ?? true;
            bool slides = config.SlidingWindows?[layer] is not null;
            _byLayer[layer] = !rotates ? null : slides ? _sliding ?? _full : _full;
        }
    }

    /// <summary>The layer's embedding; null where it has none.</summary>
    public RotaryEmbedding? Of(int layer) => _byLayer[layer];

    /// <summary>Turns to the positions of the next step.</summary>
    public void Prepare(ReadOnlySpan<StepSequence> sequences)
    {
        _full.Prepare(sequences);
        _sliding?.Prepare(sequences);
    }

    public void Dispose()
    {
        _full.Dispose();
        _sliding?.Dispose();
    }

    private static RotaryEmbedding Create(RopeConfig rope, ModelConfig config, DecoderOptions options)
    {
        int servedContext = options.ContextLength ?? config.ContextLength;
        RopeFrequencies frequencies = RopeFrequencies.Create(rope, config.HeadSize, config.ContextLength, servedContext);
        return new RotaryEmbedding(frequencies, config.HeadSize, options.MaxTokens, options.Kernels, options.Pool);
    }
}
