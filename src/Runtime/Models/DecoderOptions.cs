using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models;

/// <summary>How a decoder is run.</summary>
internal sealed record DecoderOptions
{
    public required KernelSet Kernels { get; init; }

    public WorkerPool Pool { get; init; } = WorkerPool.Shared;

    /// <summary>Whether grouped-integer weights meet activations rounded to int8.</summary>
    public bool Int8Activations { get; init; }

    /// <summary>Most tokens in a step.</summary>
    public int MaxTokens { get; init; } = 2048;

    /// <summary>Most sequences in a step.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>Most rows of logits in a step.</summary>
    public int MaxLogitRows { get; init; } = 64;

    /// <summary>Longest sequence; null: the checkpoint's context length. Rope scalings that depend on a sequence's length go by it.</summary>
    public int? ContextLength { get; init; }
}
