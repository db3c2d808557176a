namespace Sparrow.Runtime.Sampling;

/// <summary>How tokens are drawn from logits. The order of operations is fixed: bias and end-of-text mask, penalties, temperature, top-k,
/// top-p, min-p, draw.</summary>
public sealed record SamplingOptions
{
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>0 is greedy.</summary>
    public float Temperature { get; init; } = 1f;

    public float TopP { get; init; } = 1f;

    /// <summary>0: off.</summary>
    public int TopK { get; init; }

    public float MinP { get; init; }

    /// <summary>Over generated tokens, by count.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Over generated tokens, by presence.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Over prompt and generated tokens; 1: off.</summary>
    public float RepetitionPenalty { get; init; } = 1f;

    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Draws depend on seed, choice and position only, so that preemption and batching change nothing.</summary>
    public long Seed { get; init; }
}
