namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Cuts text into the words that merging stays within.</summary>
internal abstract class PreTokenizer
{
    public abstract void Apply(WordList words);
}
