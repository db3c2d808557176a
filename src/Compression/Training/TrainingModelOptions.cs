using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Training;

/// <summary>What of a model is trained, and by whom.</summary>
public sealed record TrainingModelOptions
{
    /// <summary>Adapters on linears of the blocks, by name; none: see <see cref="TrainWeights"/>.</summary>
    public IReadOnlyList<LoraAdapter> Adapters { get; init; } = [];

    /// <summary>Whether the model's own weights are trained. Not together with adapters.</summary>
    public bool TrainWeights { get; init; }

    /// <summary>Kernels; null: the best.</summary>
    public KernelSet? Kernels { get; init; }

    /// <summary>Threads; null: the process' own.</summary>
    public WorkerPool? Pool { get; init; }

    /// <summary>
    /// Most bytes of activations that are kept from the way forward; blocks beyond are computed again on the way back, which costs a quarter more time.
    /// Results are the same to the last bit.
    /// </summary>
    public long KeptActivationBytes { get; init; }
}
