using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Training;

/// <summary>The memory of a pass over a batch: inputs of all blocks, activations of one block or more, gradients.</summary>
internal sealed class PassBuffers : IDisposable
{
    private readonly ModelConfig _config;
    private readonly int _tokens;
    private readonly FloatRows?[] _hidden;
    private readonly BlockActivations?[] _activations;
    private readonly int _keptFrom;
    private readonly BlockProducts _products;
    private readonly IReadOnlyList<TrainingBlock> _blocks;
    private readonly TrainingModelOptions _options;
    private LinearGradients? _gradients;
    private FloatRows? _gradient;

    public PassBuffers(ModelConfig config, IReadOnlyList<TrainingBlock> blocks, BlockProducts products, TrainingBatch batch, TrainingModelOptions options)
    {
        _config = config;
        _tokens = batch.TokenCount;
        _blocks = blocks;
        _products = products;
        _options = options;
        _hidden = new FloatRows?[blocks.Count + 1];
        _activations = new BlockActivations?[blocks.Count + 1];
        Pass = new BlockPass(config, blocks, products, _tokens, batch.Segments.Max(segment => segment.Length));

        // The last blocks are the first that the way back comes to; the very last need not be computed again in any case.
        long room = options.KeptActivationBytes / Math.Max(1, BlockActivations.Bytes(config, _tokens));
        _keptFrom = blocks.Count - (int)Math.Clamp(room, 1, blocks.Count);
    }

    public BlockPass Pass { get; }

    public FloatRows Gradient => _gradient ??= new FloatRows(_tokens, _config.HiddenSize);

    public LinearGradients Gradients => _gradients ??= new LinearGradients(
        _products, _tokens, _blocks.SelectMany(block => block.Linears).Max(linear => linear.Columns),
        _blocks.SelectMany(block => block.Linears).Max(linear => linear.Rows), _options.Adapters.Select(adapter => adapter.Rank).DefaultIfEmpty(0).Max());

    /// <summary>Whether a block's activations outlast the forward pass.</summary>
    public bool IsKept(int layer) => layer >= _keptFrom;

    /// <summary>Where a block's activations go; blocks whose activations are not kept share one place.</summary>
    public BlockActivations Activations(int layer)
    {
        int place = layer >= _keptFrom && layer < _blocks.Count ? layer : _blocks.Count;
        return _activations[place] ??= new BlockActivations(_config, _tokens);
    }

    /// <summary>What enters a block: its place among all, or one of two that take turns.</summary>
    public FloatRows Output(int layer, bool keepInputs) =>
        _hidden[keepInputs ? layer : layer % 2] ??= new FloatRows(_tokens, _config.HiddenSize);

    public void Dispose()
    {
        Pass.Dispose();
        _gradients?.Dispose();
        _gradient?.Dispose();
        foreach (FloatRows? rows in _hidden)
        {
            rows?.Dispose();
        }

        foreach (BlockActivations? activations in _activations)
        {
            activations?.Dispose();
        }
    }
}
