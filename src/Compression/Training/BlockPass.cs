using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Training;

/// <summary>Takes a batch through one block at a time, forward and back. Owns the memory that blocks share.</summary>
internal sealed class BlockPass : IDisposable
{
    private readonly ModelConfig _config;
    private readonly BlockProducts _products;
    private readonly PanelBuffer _panels;
    private readonly FloatRows _normed;
    private readonly FloatRows _branch;
    private readonly FloatRows _inner;
    private readonly AttentionPass _attention;
    private readonly RotaryPass _rotary;
    private readonly int _tokens;
    private readonly int _longest;
    private BlockBackScratch? _back;

    /// <param name="config">The model's.</param>
    /// <param name="blocks">All blocks, for the largest sizes.</param>
    /// <param name="products">Products.</param>
    /// <param name="tokens">Most tokens of a batch.</param>
    /// <param name="longest">Longest segment.</param>
    public BlockPass(ModelConfig config, IReadOnlyList<TrainingBlock> blocks, BlockProducts products, int tokens, int longest)
    {
        _config = config;
        _products = products;
        _tokens = tokens;
        _longest = longest;
        _panels = new PanelBuffer(blocks.SelectMany(block => block.Linears).Max(linear => linear.PanelFloats));
        _normed = new FloatRows(tokens, config.HiddenSize);
        _branch = new FloatRows(tokens, config.HiddenSize);
        _inner = new FloatRows(tokens, config.IntermediateSize);
        _attention = new AttentionPass(config, products, longest);
        _rotary = new RotaryPass(config, longest);
    }

    /// <summary>Whether a batch fits.</summary>
    public bool Holds(TrainingBatch batch) => batch.TokenCount <= _tokens && batch.Segments.All(segment => segment.Length <= _longest);

    /// <summary>output = the block's output for an input; leaves in <paramref name="kept"/> what the way back needs.</summary>
    public void Forward(TrainingBlock block, TrainingBatch batch, FloatRows input, BlockActivations kept, FloatRows output)
    {
        int count = batch.TokenCount;
        Recompute(block, batch, input, kept);
        Gate(kept, count);
        block.Down.Forward(_products, _panels, _inner, output, count);
        Add(output, kept.Middle, count);
    }

    /// <summary>Everything of the forward pass that the way back needs.</summary>
    public void Recompute(TrainingBlock block, TrainingBatch batch, FloatRows input, BlockActivations kept)
    {
        int count = batch.TokenCount;
        int queries = _config.HeadCount * _config.HeadSize;
        int keys = _config.KvHeadCount * _config.HeadSize;
        block.AttentionNorm.Forward(_products, input, 0, _config.HiddenSize, _normed, count);
        block.Qkv.Forward(_products, _panels, _normed, kept.RawQkv, count);
        if (block.QueryNorm is not null)
        {
            kept.RawQkv.Rows(0, count).CopyTo(kept.Qkv.Values);
            block.QueryNorm.Forward(_products, kept.RawQkv, 0, queries, kept.Qkv, count);
            block.KeyNorm!.Forward(_products, kept.RawQkv, queries, keys, kept.Qkv, count);
        }

        Rotate(block, batch, kept.Qkv, back: false);
        _attention.Forward(batch.Segments, block.Window, kept.Qkv, kept.Attended);
        block.AttentionOutput.Forward(_products, _panels, kept.Attended, kept.Middle, count);
        Add(kept.Middle, input, count);
        block.MlpNorm.Forward(_products, kept.Middle, 0, _config.HiddenSize, _normed, count);
        block.GateUp.Forward(_products, _panels, _normed, kept.GateUp, count);
    }

    /// <summary>Turns the gradient of the block's output into that of its input, and adds to the gradients of what is trained.</summary>
    /// <param name="block">Weights.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="input">The block's input.</param>
    /// <param name="kept">What the forward pass left; it is used up.</param>
    /// <param name="gradient">Of the output; becomes that of the input.</param>
    /// <param name="gradients">Where products of gradients are made.</param>
    public void Backward(TrainingBlock block, TrainingBatch batch, FloatRows input, BlockActivations kept, FloatRows gradient, LinearGradients gradients)
    {
        int count = batch.TokenCount;
        int hidden = _config.HiddenSize;
        int queries = _config.HeadCount * _config.HeadSize;
        int keys = _config.KvHeadCount * _config.HeadSize;
        BlockBackScratch s = _back ??= new BlockBackScratch(_config, _tokens);

        // 1. MLP: down, gate, the fused gate and up, norm.
        Gate(kept, count);
        gradients.Add(block.Down, _inner, gradient, count);
        block.Down.BackwardInput(_products, _panels, gradient, _inner, count);
        _products.Parallel(count, 16, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                GatePass.Backward(_inner.Row(token), kept.GateUp.Row(token));
            }
        });
        block.MlpNorm.Forward(_products, kept.Middle, 0, hidden, _normed, count);
        gradients.Add(block.GateUp, _normed, kept.GateUp, count);
        block.GateUp.BackwardInput(_products, _panels, kept.GateUp, _branch, count);
        block.MlpNorm.Backward(_products, _branch, kept.Middle, 0, hidden, gradient, count);

        // 2. Attention: output, softmax, rotation, norms of heads, the fused query, key and value, norm.
        gradients.Add(block.AttentionOutput, kept.Attended, gradient, count);
        block.AttentionOutput.BackwardInput(_products, _panels, gradient, s.Attended, count);
        _attention.Backward(batch.Segments, block.Window, kept.Qkv, s.Attended, s.Qkv);
        Rotate(block, batch, s.Qkv, back: true);
        FloatRows qkvGradient = s.Qkv;
        if (block.QueryNorm is not null)
        {
            s.RawQkv!.Rows(0, count).Clear();
            block.QueryNorm.Backward(_products, s.Qkv, kept.RawQkv, 0, queries, s.RawQkv, count);
            block.KeyNorm!.Backward(_products, s.Qkv, kept.RawQkv, queries, keys, s.RawQkv, count);
            for (int token = 0; token < count; token++)
            {
                s.Qkv.Row(token)[(queries + keys)..].CopyTo(s.RawQkv.Row(token)[(queries + keys)..]);
            }

            qkvGradient = s.RawQkv;
        }

        block.AttentionNorm.Forward(_products, input, 0, hidden, _normed, count);
        gradients.Add(block.Qkv, _normed, qkvGradient, count);
        block.Qkv.BackwardInput(_products, _panels, qkvGradient, _branch, count);
        block.AttentionNorm.Backward(_products, _branch, input, 0, hidden, gradient, count);
    }

    public void Dispose()
    {
        _panels.Dispose();
        _normed.Dispose();
        _branch.Dispose();
        _inner.Dispose();
        _attention.Dispose();
        _back?.Dispose();
    }

    private void Gate(BlockActivations kept, int count) => _products.Parallel(count, 16, (start, end) =>
    {
        for (int token = start; token < end; token++)
        {
            GatePass.Forward(kept.GateUp.Row(token), _inner.Row(token));
        }
    });

    private void Add(FloatRows target, FloatRows added, int count) => _products.Parallel(count, 64, (start, end) =>
    {
        for (int token = start; token < end; token++)
        {
            LinearAlgebra.DenseKernels.AddScaled<float>(added.Row(token), 1, target.Row(token));
        }
    });

    private void Rotate(TrainingBlock block, TrainingBatch batch, FloatRows qkv, bool back)
    {
        if (!block.Rotates)
        {
            return;
        }

        int rotated = (_config.HeadCount + _config.KvHeadCount) * _config.HeadSize;
        foreach (TrainingSegment segment in batch.Segments)
        {
            _products.Parallel(segment.Length, 32, (start, end) =>
            {
                for (int position = start; position < end; position++)
                {
                    _rotary.Rotate(qkv.Row(segment.First + position)[..rotated], position, back);
                }
            });
        }
    }
}
