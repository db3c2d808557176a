namespace Sparrow.Compression.Adaptation;

/// <summary>What adapters are trained to.</summary>
public enum AdaptObjective
{
    /// <summary>The next token.</summary>
    NextToken,

    /// <summary>The next token, and the outputs of the dense model's blocks (SquareHead, arXiv 2310.06927).</summary>
    SquareHead,
}
