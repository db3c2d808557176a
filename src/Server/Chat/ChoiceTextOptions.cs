namespace Sparrow.Server.Chat;

/// <summary>How a choice's tokens become text; the same for all choices of a request.</summary>
internal sealed record ChoiceTextOptions
{
    /// <summary>Null where the request has no stop strings.</summary>
    public StopSequences? Stop { get; init; }

    /// <summary>Whether the stop string that was found stays in the text.</summary>
    public bool IncludeStop { get; init; }

    /// <summary>Text of so many first tokens is not searched for stop strings.</summary>
    public int MinTokens { get; init; }

    public bool SkipSpecialTokens { get; init; } = true;

    /// <summary>Whether token entries are wanted, for log-probabilities or token ids.</summary>
    public bool KeepTokens { get; init; }

    /// <summary>Unicode characters of the echoed prompt before the choice's own text.</summary>
    public int FirstTextOffset { get; init; }
}
