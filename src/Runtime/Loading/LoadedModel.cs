using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Adapters;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Runtime.Loading;

/// <summary>A checkpoint in memory with its cache, ready for an engine. Owns the native memory of both.</summary>
public sealed class LoadedModel : IDisposable
{
    public required ModelConfig Config { get; init; }

    /// <summary>The model with its cache; owned: disposed with this object where it is disposable.</summary>
    public required IStepModel StepModel { get; init; }

    /// <summary>Null where the checkpoint has none: such a model is served on token ids alone.</summary>
    public required Tokenizer? Tokenizer { get; init; }

    /// <summary>Source of the chat template, or null.</summary>
    public required string? ChatTemplate { get; init; }

    /// <summary>Names the weights: part of revision and fingerprint.</summary>
    public required string Digest { get; init; }

    public required KvProfile KvProfile { get; init; }

    /// <summary>Bytes of cache that one token takes in sealed blocks.</summary>
    public required long KvBytesPerToken { get; init; }

    public required KernelSet Kernels { get; init; }

    /// <summary>What linear layers multiply with, resolved: <c>float</c> or <c>int8</c>.</summary>
    public required string Activations { get; init; }

    /// <summary>Longest sequence served.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Bytes of weights in memory.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of buffers beside the weights and the sealed blocks: a step's activations, logits, open blocks.</summary>
    public long ScratchBytes { get; init; }

    public required double LoadSeconds { get; init; }

    /// <summary>Bytes by compute layout (<c>int4-g32</c>, <c>f32</c>, …).</summary>
    public required IReadOnlyDictionary<string, long> WeightFormats { get; init; }

    /// <summary>Which stored formats became which layouts.</summary>
    public IReadOnlyList<FormatPlan> FormatPlans { get; init; } = [];

    /// <summary>The share of all weights that are zero because their stored format leaves them out; 0 where none does.</summary>
    public double Sparsity { get; init; }

    /// <summary>Weights, and so bits per weight = 8 × <see cref="WeightBytes"/> / this.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>What stands beside the weights; a step's sequences name an adapter by its place here.</summary>
    public IReadOnlyList<ModelAdapter> Adapters { get; private set; } = [];

    /// <summary>Puts adapters beside the weights: once, before anything is computed.</summary>
    /// <param name="adapters">Made for this model's shape; owned from here on.</param>
    public void Attach(IReadOnlyList<ModelAdapter> adapters)
    {
        if (StepModel is not PagedDecoder decoder)
        {
            throw new NotSupportedException("Only a decoder takes adapters.");
        }

        decoder.Model.Attach(adapters);
        Adapters = adapters;
    }

    /// <summary>The matrix of a linear that an adapter may change, by the canonical name of its tensor; null: there is none.</summary>
    internal WeightMatrix? FindLinear(string tensor) => (StepModel as PagedDecoder)?.Model.Weights.FindLinear(tensor)?.Weights;

    /// <summary>Whose turn it takes at the compute threads; for models that are measured while others serve.</summary>
    public void ComputeIn(WorkerLane lane)
    {
        if (StepModel is PagedDecoder decoder)
        {
            decoder.Model.Lane = lane;
        }
    }

    public void Dispose() => (StepModel as IDisposable)?.Dispose();
}
