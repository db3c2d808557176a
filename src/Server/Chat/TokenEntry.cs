using Sparrow.Runtime;

namespace Sparrow.Server.Chat;

/// <summary>A token of the answer as log-probabilities and token ids show it.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Logprob">NaN where there is none: the first prompt token.</param>
/// <param name="Alternatives">The most likely tokens, best first.</param>
/// <param name="TextOffset">Where its text begins in the choice's text, in Unicode characters.</param>
/// <param name="FirstByte">How many of its bytes the text does not hold at their beginning.</param>
/// <param name="ByteCount">How many of its bytes the text holds from there: fewer than all where a stop string cut it, none where it is left out.</param>
internal readonly record struct TokenEntry(
    int TokenId, float Logprob, TokenLogprob[]? Alternatives, int TextOffset, int FirstByte, int ByteCount);
