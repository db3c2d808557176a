namespace Sparrow.Runtime.Tokenization.PreTokenization;

internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Apply(WordList words)
    {
        foreach (PreTokenizer step in steps)
        {
            step.Apply(words);
        }
    }
}
