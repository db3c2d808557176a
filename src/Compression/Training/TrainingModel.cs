using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Training;

/// <summary>
/// A decoder of the llama line (llama, mistral, qwen2, qwen3, smollm) as training sees it: whole sequences, float32, no cache, with gradients. Weights
/// are read from a checkpoint and held as floats; linears of the blocks may carry adapters.
/// </summary>
/// <remarks>One caller at a time. Equal calls give equal bits whatever the number of threads.</remarks>
public sealed partial class TrainingModel : IDisposable
{
    private readonly BlockProducts _products;
    private readonly TrainingModelOptions _options;
    private readonly TrainingBlock[] _blocks;
    private readonly NormGain _finalNorm;
    private readonly LinearPart _embedding;
    private readonly LinearPart _head;

    private TrainingModel(ModelConfig config, TrainingModelOptions options, TrainingWeights weights)
    {
        Config = config;
        _options = options;
        _products = new BlockProducts(options.Kernels ?? KernelSet.Best, options.Pool ?? WorkerPool.Shared);
        _blocks = weights.Blocks;
        _finalNorm = weights.FinalNorm;
        _embedding = weights.Embedding;
        _head = weights.Head;
        Parameters = [.. weights.Parameters()];
    }

    public ModelConfig Config { get; }

    /// <summary>What is trained, in a fixed order: adapters, or all weights.</summary>
    public IReadOnlyList<TrainingParameter> Parameters { get; }

    /// <summary>The adapters that it was loaded with. Scales, active ranks, masks and values may be changed between calls.</summary>
    public IReadOnlyList<LoraAdapter> Adapters => _options.Adapters;

    internal BlockProducts Products => _products;

    /// <summary>Reads a checkpoint's weights.</summary>
    /// <param name="checkpoint">It may hold any format that decodes to floats.</param>
    /// <param name="options">What is trained.</param>
    /// <exception cref="TrainingException">The family is not one that can be trained, or an adapter fits no linear.</exception>
    /// <exception cref="CheckpointException">A tensor is missing or damaged.</exception>
    public static TrainingModel Load(Checkpoint checkpoint, TrainingModelOptions options)
    {
        TrainableFamilies.Check(checkpoint.Config);
        if (options.TrainWeights && options.Adapters.Count > 0)
        {
            throw new TrainingException("either the weights are trained or adapters, not both");
        }

        return new TrainingModel(checkpoint.Config, options, TrainingWeights.Read(checkpoint, options));
    }

    /// <summary>Sets all gradients to zero.</summary>
    public void ClearGradients()
    {
        foreach (TrainingParameter parameter in Parameters)
        {
            Array.Clear(parameter.Gradient);
        }
    }

    /// <summary>Weights in effect by the tensors' names, merged with adapters and masks: what is written into a checkpoint.</summary>
    /// <param name="name">A matrix or vector of the model.</param>
    /// <returns>Row-major; a copy.</returns>
    public float[] Weights(string name)
    {
        foreach (LinearPart part in _blocks.SelectMany(block => block.Linears).SelectMany(linear => linear.Parts).Append(_embedding).Append(_head))
        {
            if (part.Name == name)
            {
                return part.Adapter?.Merge(part.Weights.ToArray()) ?? part.Weights.ToArray();
            }

            if (part.Bias is not null && part.Name[..^"weight".Length] + "bias" == name)
            {
                return [.. part.Bias];
            }
        }

        foreach (NormGain norm in _blocks.SelectMany(block => block.Norms).Append(_finalNorm))
        {
            if (norm.Name == name)
            {
                return [.. norm.Stored];
            }
        }

        throw new ArgumentException($"The model has no tensor {name}.", nameof(name));
    }

    public void Dispose() => DisposeBuffers();
}
