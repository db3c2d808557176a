using Sparrow.Runtime.Sampling;

namespace Sparrow.Runtime;

/// <summary>What a caller asks the engine for: one prompt, one or more choices. Checked by the caller; immutable.</summary>
public sealed record GenerationRequest
{
    public required string Id { get; init; }

    /// <summary>At least one token, each inside the vocabulary; prompt and <see cref="MaxTokens"/> together fit the context.</summary>
    public required int[] PromptTokens { get; init; }

    /// <summary>Most tokens to generate for each choice; 0 only scores the prompt.</summary>
    public required int MaxTokens { get; init; }

    public int MinTokens { get; init; }

    /// <summary>Choices (<c>n</c>); they share the prompt's blocks.</summary>
    public int Choices { get; init; } = 1;

    public SamplingOptions Sampling { get; init; } = new();

    public bool IgnoreEndOfSequence { get; init; }

    public IReadOnlyList<int> StopTokenIds { get; init; } = [];

    /// <summary>Alternatives to report beside each generated token's log-probability, 0 to 20; null: no log-probabilities.</summary>
    public int? Logprobs { get; init; }

    /// <summary>Whether the prompt's tokens are scored too (echo with logprobs), with as many alternatives as <see cref="Logprobs"/>.</summary>
    public bool PromptLogprobs { get; init; }

    /// <summary>Lower first.</summary>
    public int Priority { get; init; }

    /// <summary>The adapter to compute with, by its name among the model's; null: the model as it is.</summary>
    public string? Adapter { get; init; }

    /// <summary>Separates prefix caches: only requests with the same salt share blocks.</summary>
    public string CacheSalt { get; init; } = "";
}
