namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>What a split looks for.</summary>
internal abstract class TextPattern
{
    /// <summary>Adds all matches, none empty, in order and apart from each other, in time linear in the text.</summary>
    public abstract void FindAll(ReadOnlySpan<char> text, List<(int Start, int Length)> matches);
}
