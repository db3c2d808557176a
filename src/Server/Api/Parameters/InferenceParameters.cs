using Sparrow.Runtime.Sampling;

namespace Sparrow.Server.Api.Parameters;

/// <summary>What completions and chat completions both take (C §6.1), checked as far as that goes without a model.</summary>
internal sealed partial record InferenceParameters
{
    /// <summary>A name, or null for the only served model.</summary>
    public required string? Model { get; init; }

    public required SamplingOptions Sampling { get; init; }

    /// <summary><c>n</c>.</summary>
    public required int Choices { get; init; }

    /// <summary>Null where the request does not say; the default differs between endpoints.</summary>
    public required long? MaxTokens { get; init; }

    public required int MinTokens { get; init; }

    public required IReadOnlyList<string> Stop { get; init; }

    public required IReadOnlyList<int> StopTokenIds { get; init; }

    public required bool IncludeStop { get; init; }

    public required bool IgnoreEndOfSequence { get; init; }

    public required bool SkipSpecialTokens { get; init; }

    /// <summary>Alternatives beside each token's log-probability; null: no log-probabilities.</summary>
    public required int? Logprobs { get; init; }

    public required bool Stream { get; init; }

    public required bool IncludeUsage { get; init; }

    /// <summary>T-9: tokens in a chunk; null: as the settings say.</summary>
    public required int? StreamInterval { get; init; }

    public required int Priority { get; init; }

    public required TimeSpan? Timeout { get; init; }

    public required string? CacheSalt { get; init; }

    public required string? PromptCacheKey { get; init; }

    public required bool ReturnTimings { get; init; }

    public required bool ReturnTokenIds { get; init; }

    public required bool ReturnTokensAsTokenIds { get; init; }
}
