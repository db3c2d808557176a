namespace Sparrow.Runtime;

/// <summary>One event of a generation's stream: a prompt token's score, a generated token, or the end of a choice.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="Choice">Index of the choice; 0 for prompt scores.</param>
/// <param name="TokenId">The token; for <see cref="GeneratedTokenKind.Finished"/> the stop token that ended the choice, or −1.</param>
/// <param name="Logprob">Log-softmax of the raw logits at this token; NaN where not asked for, and for the first prompt token.</param>
/// <param name="Alternatives">The most likely tokens, best first, where asked for.</param>
/// <param name="FinishReason">Set with <see cref="GeneratedTokenKind.Finished"/>.</param>
public readonly record struct GeneratedToken(
    GeneratedTokenKind Kind, int Choice, int TokenId, float Logprob, TokenLogprob[]? Alternatives, FinishReason FinishReason);

/// <summary>What a <see cref="GeneratedToken"/> tells.</summary>
public enum GeneratedTokenKind
{
    /// <summary>A prompt token with its score; all of them come before the first generated token.</summary>
    Prompt,

    /// <summary>A generated token. End-of-sequence and stop tokens are not sent as tokens but with the end of the choice.</summary>
    Token,

    /// <summary>The choice has ended. After the last choice's end the stream completes.</summary>
    Finished,
}

/// <summary>A token and its log-probability.</summary>
public readonly record struct TokenLogprob(int TokenId, float Logprob);
