using Sparrow.Runtime;
using Sparrow.Server.Chat;

namespace Sparrow.Server.Api.Inference;

/// <summary>One choice of an answer while it comes in.</summary>
/// <param name="index">Its index in the answer, over all prompts.</param>
/// <param name="prompt">The prompt it continues.</param>
/// <param name="text">Its text so far.</param>
internal sealed class ChoiceState(int index, PromptState prompt, ChoiceText text)
{
    public int Index { get; } = index;

    public PromptState Prompt { get; } = prompt;

    public ChoiceText Text { get; } = text;

    /// <summary><c>stop</c> or <c>length</c>; null while it runs.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>T-10: the stop string that was found.</summary>
    public string? StopString { get; private set; }

    /// <summary>T-10: the stop token of the request that was drawn.</summary>
    public int? StopTokenId { get; private set; }

    /// <summary>The token that ended the choice, an end-of-sequence token included.</summary>
    public int? EndTokenId { get; private set; }

    /// <summary>Whether a chunk of it was sent.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Tokens since the last chunk (T-9).</summary>
    public int UnsentTokens { get; set; }

    public void FinishByStopString(string matched)
    {
        FinishReason = "stop";
        StopString = matched;
    }

    public void FinishByEngine(in GeneratedToken end, IReadOnlyList<int> stopTokenIds)
    {
        FinishReason = end.FinishReason == Sparrow.Runtime.FinishReason.Length ? "length" : "stop";
        EndTokenId = end.TokenId >= 0 ? end.TokenId : null;
        StopTokenId = end.TokenId >= 0 && stopTokenIds.Contains(end.TokenId) ? end.TokenId : null;
    }
}
