using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>down(activation(gate x) · up x) for each token (Shazeer, 2020), or down(activation(up x)) without a gate: runs the MLPs of one inner size, one at a time.</summary>
internal sealed class Mlp(ModelConfig config, int innerSize, DecoderOptions options) : IDisposable
{
    private readonly ActivationBuffer _inner = new(options.MaxTokens, innerSize);
    private readonly ActivationBuffer _up = new(options.MaxTokens, innerSize);
    private readonly Gate _gate = new(config.Activation, options.Kernels, options.Pool);

    /// <summary>What the last call's down projection has read.</summary>
    public ActivationBuffer Inner => _inner;

    /// <summary>Runs the first <paramref name="tokenCount"/> rows of the input into those of the output.</summary>
    public void Forward(MlpWeights weights, ActivationBuffer input, ActivationBuffer output, int tokenCount, WorkerLane lane)
    {
        if (weights.Gate is null)
        {
            weights.Up.Forward(input, _inner, tokenCount, lane);
            _gate.Forward(_inner, null, tokenCount, lane);
        }
        else
        {
            weights.Gate.Forward(input, _inner, tokenCount, lane);
            weights.Up.Forward(input, _up, tokenCount, lane);
            _gate.Forward(_inner, _up, tokenCount, lane);
        }

        weights.Down.Forward(_inner, output, tokenCount, lane);
    }

    public void Dispose()
    {
        _inner.Dispose();
        _up.Dispose();
    }
}
