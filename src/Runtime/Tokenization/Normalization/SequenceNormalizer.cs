namespace Sparrow.Runtime.Tokenization.Normalization;

internal sealed class SequenceNormalizer(IReadOnlyList<TextNormalizer> steps) : TextNormalizer
{
    public override string Normalize(string text)
    {
        foreach (TextNormalizer step in steps)
        {
            text = step.Normalize(text);
        }

        return text;
    }
}
