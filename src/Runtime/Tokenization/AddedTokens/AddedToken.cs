namespace Sparrow.Runtime.Tokenization.AddedTokens;

/// <summary>A text that is found in the input before any other rule and becomes one id.</summary>
/// <param name="Text">What it reads as.</param>
/// <param name="Id">What it becomes.</param>
/// <param name="IsSpecial">Whether generated text leaves it out.</param>
/// <param name="IsNormalized">Whether it is looked for in the normalised text.</param>
/// <param name="StripsLeft">Whether white space before it goes with it.</param>
/// <param name="StripsRight">Whether white space after it goes with it.</param>
/// <param name="IsSingleWord">Whether it counts only between non-word characters.</param>
internal sealed record AddedToken(
    string Text, int Id, bool IsSpecial, bool IsNormalized = false, bool StripsLeft = false, bool StripsRight = false, bool IsSingleWord = false)
{
    /// <summary>What is looked for where that differs from <see cref="Text"/>; empty for a token that text cannot name.</summary>
    public string? Searched { get; init; }
}
