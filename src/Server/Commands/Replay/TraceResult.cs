namespace Sparrow.Server.Commands.Replay;

/// <summary>What replaying a trace with one profile of the cache gave.</summary>
internal sealed record TraceResult
{
    public required string KvProfile { get; init; }

    /// <summary>Bits of a key or value in sealed blocks, scales included.</summary>
    public required double KvEffectiveBits { get; init; }

    /// <summary>Tokens that the cache holds.</summary>
    public required long CacheTokens { get; init; }

    public required int Requests { get; init; }

    public required long PromptTokens { get; init; }

    public required long GeneratedTokens { get; init; }

    /// <summary>Prompt tokens found in the prefix cache.</summary>
    public required long CachedPromptTokens { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Of the whole process meanwhile: what other processes on the machine disturb least.</summary>
    public required double ProcessorSeconds { get; init; }

    public required int Preemptions { get; init; }

    /// <summary>From a request's arrival to its first token.</summary>
    public required double FirstTokenSecondsMedian { get; init; }

    public required double FirstTokenSeconds95 { get; init; }

    /// <summary>Generated tokens.</summary>
    public double TokensPerSecond => GeneratedTokens / Seconds;
}
