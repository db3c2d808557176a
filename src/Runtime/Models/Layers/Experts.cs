using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// A mixture of experts (Shazeer et al., 2017): every token goes through the experts that the router scores highest, and their results are added by
/// weight. Only chosen experts run, each once, on all its tokens together.
/// </summary>
/// <remarks>
/// 1. The router scores all experts for all tokens; <see cref="ExpertChoice"/> finds the tokens of each expert.
/// 2. For each expert in ascending order: its tokens are gathered, go through its MLP, and are added to their rows of the output.
/// 3. The shared expert, where there is one, runs on all tokens.
/// A token's sum goes through its experts in ascending order whatever else is in the step, so its result does not depend on the batch.
/// </remarks>
internal sealed unsafe class Experts : IDisposable
{
    private readonly ExpertConfig _config;
    private readonly KernelSet _kernels;
    private readonly ExpertChoice _choice;
    private readonly Mlp _mlp;
    private readonly Mlp? _sharedMlp;
    private readonly ActivationBuffer _scores;
    private readonly ActivationBuffer _gathered;
    private readonly ActivationBuffer _result;
    private readonly ActivationBuffer _sharedScore;

    public Experts(ModelConfig config, ExpertConfig experts, DecoderOptions options)
    {
        _config = experts;
        _kernels = options.Kernels;
        _choice = new ExpertChoice(experts, options.MaxTokens);
        _mlp = new Mlp(config, experts.IntermediateSize, options);
        _sharedMlp = experts.SharedIntermediateSize is { } inner ? new Mlp(config, inner, options) : null;
        _scores = new ActivationBuffer(options.MaxTokens, experts.Count);
        _gathered = new ActivationBuffer(options.MaxTokens, config.HiddenSize);
        _result = new ActivationBuffer(options.MaxTokens, config.HiddenSize);
        _sharedScore = new ActivationBuffer(options.MaxTokens, 1);
    }

    /// <summary>Rows that experts have computed since the model was loaded, the shared expert's left out: the measure of the cost.</summary>
    public long ComputedRows { get; private set; }

    public void Forward(ExpertWeights weights, ActivationBuffer input, ActivationBuffer output, int tokenCount, WorkerLane lane, ILinearTap? tap = null)
    {
        weights.Router.Forward(input, _scores, tokenCount, lane);
        _choice.Choose(_scores, tokenCount);
        for (int token = 0; token < tokenCount; token++)
        {
            new Span<float>(output.Row(token), output.Columns).Clear();
        }

        for (int expert = 0; expert < _config.Count; expert++)
        {
            ReadOnlySpan<int> tokens = _choice.Tokens(expert);
            if (tokens.Length > 0)
            {
                // Where all tokens chose it, one token decoding being the common case, there is nothing to gather.
                ActivationBuffer rows = tokens.Length == tokenCount ? input : Gather(input, tokens);
                tap?.OnInput(LinearInput.Mlp, expert, rows, tokens.Length);
                _mlp.Forward(weights.Experts[expert], rows, _result, tokens.Length, lane);
                tap?.OnInput(LinearInput.Down, expert, _mlp.Inner, tokens.Length);
                AddResults(output, tokens, _choice.Weights(expert));
                ComputedRows += tokens.Length;
            }
        }

        if (weights.Shared is not null)
        {
            AddShared(weights, input, output, tokenCount, lane);
            tap?.OnInput(LinearInput.Down, null, _sharedMlp!.Inner, tokenCount);
        }

        output.MarkWritten();
    }

    public void Dispose()
    {
        _mlp.Dispose();
        _sharedMlp?.Dispose();
        _scores.Dispose();
        _gathered.Dispose();
        _result.Dispose();
        _sharedScore.Dispose();
    }

    private ActivationBuffer Gather(ActivationBuffer input, ReadOnlySpan<int> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            new ReadOnlySpan<float>(input.Row(tokens[i]), input.Columns).CopyTo(new Span<float>(_gathered.Row(i), input.Columns));
        }

        _gathered.MarkWritten();
        return _gathered;
    }

    private void AddResults(ActivationBuffer output, ReadOnlySpan<int> tokens, ReadOnlySpan<float> weights)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            _kernels.AddScaled(output.Row(tokens[i]), _result.Row(i), weights[i], output.Columns);
        }
    }

    private void AddShared(ExpertWeights weights, ActivationBuffer input, ActivationBuffer output, int tokenCount, WorkerLane lane)
    {
        weights.SharedGate!.Forward(input, _sharedScore, tokenCount, lane);
        _sharedMlp!.Forward(weights.Shared!, input, _result, tokenCount, lane);
        for (int token = 0; token < tokenCount; token++)
        {
            float share = 1 / (1 + MathF.Exp(-*_sharedScore.Row(token)));
            _kernels.AddScaled(output.Row(token), _result.Row(token), share, output.Columns);
        }
    }
}
