using Sparrow.Runtime.Models.Layers;

namespace Sparrow.Runtime.Models;

/// <summary>The buffers of a forward pass, taken once; memory that short steps never touch is never paid for.</summary>
internal sealed class ActivationScratch(ModelConfig config, int maxTokens, int maxLogitRows) : IDisposable
{
    /// <summary>The residual stream.</summary>
    public ActivationBuffer Hidden { get; } = new(maxTokens, config.HiddenSize);

    public ActivationBuffer Normed { get; } = new(maxTokens, config.HiddenSize);

    /// <summary>What the MLP reads where it is normed beside attention.</summary>
    public ActivationBuffer MlpNormed { get; } = new(maxTokens, config.HiddenSize);

    public ActivationBuffer Queries { get; } = new(maxTokens, config.HeadCount * config.HeadSize);

    public ActivationBuffer Keys { get; } = new(maxTokens, config.KvHeadCount * config.HeadSize);

    public ActivationBuffer Values { get; } = new(maxTokens, config.KvHeadCount * config.HeadSize);

    public ActivationBuffer Attended { get; } = new(maxTokens, config.HeadCount * config.HeadSize);

    /// <summary>What a branch adds to the residual stream.</summary>
    public ActivationBuffer Branch { get; } = new(maxTokens, config.HiddenSize);

    /// <summary>The final norm's results for the rows that yield logits.</summary>
    public ActivationBuffer HeadInput { get; } = new(maxLogitRows, config.HiddenSize);

    public void Dispose()
    {
        Hidden.Dispose();
        Normed.Dispose();
        MlpNormed.Dispose();
        Queries.Dispose();
        Keys.Dispose();
        Values.Dispose();
        Attended.Dispose();
        Branch.Dispose();
        HeadInput.Dispose();
    }
}
