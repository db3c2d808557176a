namespace Sparrow.Runtime;

/// <summary>How an engine runs a model.</summary>
public sealed record InferenceOptions
{
    /// <summary><c>auto</c>, <c>float</c> or <c>int8</c>: what linear layers multiply with. <c>auto</c> is int8 for grouped-integer weights
    /// and float for dense ones.</summary>
    public string Activations { get; init; } = "auto";

    /// <summary>A name of <see cref="Kernels.KernelSet.Names"/>, or <c>auto</c>.</summary>
    public string Kernels { get; init; } = "auto";

    /// <summary>Preset or JSON file of the cache's precision; null: what the model carries, else <c>kv16</c>.</summary>
    public string? KvProfile { get; init; }

    /// <summary>Bytes of the cache; null: what the running limit can use, at most a quarter of free memory.</summary>
    public long? KvCacheBytes { get; init; }

    /// <summary>Most sequences in the cache at once.</summary>
    public int MaxRunning { get; init; } = 64;

    /// <summary>Most tokens in a step; null: from measured speed and <see cref="TargetInterTokenLatency"/>, at most 2,048.</summary>
    public int? MaxBatchedTokens { get; init; }

    /// <summary>What chunked prefill tries to keep the time between tokens of running requests under.</summary>
    public TimeSpan TargetInterTokenLatency { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Long prompts (beyond one step's budget) that are prefilled at once.</summary>
    public int MaxLongPrefills { get; init; } = 1;

    /// <summary>A sequence preempted this often is protected from further preemption.</summary>
    public int MaxPreemptions { get; init; } = 4;

    public bool PrefixCaching { get; init; } = true;

    /// <summary>Every output independent of what else is in the batch.</summary>
    public bool BatchInvariant { get; init; }

    /// <summary>Longest sequence; null: the model's context length.</summary>
    public int? ContextLength { get; init; }
}
