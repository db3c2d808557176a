namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>What becomes of a pattern's matches.</summary>
internal enum SplitBehavior
{
    /// <summary>Left out.</summary>
    Removed,

    /// <summary>Words of their own.</summary>
    Isolated,

    /// <summary>Joined to the text before.</summary>
    MergedWithPrevious,

    /// <summary>Joined to the text after.</summary>
    MergedWithNext,

    /// <summary>Words of their own, neighbouring ones joined.</summary>
    Contiguous,
}
