namespace Sparrow.Compression.Training;

public sealed partial class TrainingModel
{
    private PassBuffers? _buffers;
    private HeadPass? _headPass;

    /// <summary>The sum of the cross entropies, in nats, at all targets of a batch.</summary>
    public double LossSum(TrainingBatch batch)
    {
        PassBuffers buffers = Prepare(batch);
        RunBlocks(batch, buffers, keepInputs: false);
        return _headPass!.Run(batch, buffers.Output(Config.LayerCount, keepInputs: false), null, 0);
    }

    /// <summary>The mean cross entropy of a batch, in nats.</summary>
    public double Loss(TrainingBatch batch) => LossSum(batch) / Math.Max(1, batch.TargetCount);

    /// <summary>Adds the gradients of <paramref name="weight"/> times the sum of the cross entropies to those of all <see cref="Parameters"/>.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="weight">1 over the targets of the whole step, for the gradient of a mean.</param>
    /// <param name="squareHead">A teacher whose blocks' outputs are to be met as well; null: none.</param>
    /// <returns>The sum of the cross entropies.</returns>
    public double Backward(TrainingBatch batch, double weight, SquareHead? squareHead = null)
    {
        PassBuffers buffers = Prepare(batch);
        squareHead?.Prepare(batch);
        RunBlocks(batch, buffers, keepInputs: true);
        int count = batch.TokenCount;
        FloatRows gradient = buffers.Gradient;
        gradient.Rows(0, count).Clear();
        double loss = _headPass!.Run(batch, buffers.Output(Config.LayerCount, keepInputs: true), gradient, (float)weight);
        for (int layer = _blocks.Length - 1; layer >= 0; layer--)
        {
            FloatRows input = buffers.Output(layer, keepInputs: true);
            squareHead?.Add(layer, buffers.Output(layer + 1, keepInputs: true), gradient, count, weight * batch.TargetCount, _products);
            BlockActivations kept = buffers.Activations(layer);
            if (!buffers.IsKept(layer))
            {
                buffers.Pass.Recompute(_blocks[layer], batch, input, kept);
            }

            buffers.Pass.Backward(_blocks[layer], batch, input, kept, gradient, buffers.Gradients);
        }

        if (_embedding.WeightGradient is not null)
        {
            for (int token = 0; token < count; token++)
            {
                LinearAlgebra.DenseKernels.AddScaled<float>(
                    gradient.Row(token), 1, _embedding.WeightGradient.AsSpan(batch.Tokens[token] * Config.HiddenSize, Config.HiddenSize));
            }
        }

        return loss;
    }

    /// <summary>Logits at every token of a batch, row-major: for comparison with the decoder.</summary>
    internal float[] Logits(TrainingBatch batch)
    {
        PassBuffers buffers = Prepare(batch);
        RunBlocks(batch, buffers, keepInputs: false);
        return _headPass!.Logits(buffers.Output(Config.LayerCount, keepInputs: false), batch.TokenCount);
    }

    /// <summary>Runs the blocks and shows each one's output.</summary>
    internal void VisitBlockOutputs(TrainingBatch batch, Action<int, FloatRows> visit)
    {
        PassBuffers buffers = Prepare(batch);
        Embed(batch, buffers.Output(0, keepInputs: false));
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            FloatRows output = buffers.Output(layer + 1, keepInputs: false);
            buffers.Pass.Forward(_blocks[layer], batch, buffers.Output(layer, keepInputs: false), buffers.Activations(_blocks.Length), output);
            visit(layer, output);
        }
    }

    private void RunBlocks(TrainingBatch batch, PassBuffers buffers, bool keepInputs)
    {
        Embed(batch, buffers.Output(0, keepInputs));
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            BlockActivations kept = buffers.Activations(keepInputs ? layer : _blocks.Length);
            buffers.Pass.Forward(_blocks[layer], batch, buffers.Output(layer, keepInputs), kept, buffers.Output(layer + 1, keepInputs));
        }
    }

    private void Embed(TrainingBatch batch, FloatRows hidden)
    {
        for (int token = 0; token < batch.TokenCount; token++)
        {
            _embedding.Weights.Row(batch.Tokens[token], hidden.Row(token)).CopyTo(hidden.Row(token));
        }
    }

    private PassBuffers Prepare(TrainingBatch batch)
    {
        foreach (int token in batch.Tokens)
        {
            if ((uint)token >= (uint)Config.VocabularySize)
            {
                throw new TrainingException($"the batch holds the token {token}; the model knows 0 to {Config.VocabularySize - 1}. Was the text tokenised for another model?");
            }
        }

        if (_buffers is null || !_buffers.Pass.Holds(batch))
        {
            _buffers?.Dispose();
            _buffers = null;
            _buffers = new PassBuffers(Config, _blocks, _products, batch, _options);
        }

        if (_options.TrainWeights)
        {
            foreach (NormGain norm in _blocks.SelectMany(block => block.Norms).Append(_finalNorm))
            {
                norm.Refresh();
            }
        }

        _headPass ??= new HeadPass(_head, _finalNorm, _products);
        return _buffers;
    }

    private void DisposeBuffers()
    {
        _buffers?.Dispose();
        _headPass?.Dispose();
    }
}
