namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>
/// GPT-2's words: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class Gpt2Pattern : WordPattern
{
    public const string Text = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    protected override int Match(ReadOnlySpan<char> text)
    {
        int contraction = Contraction(text, ignoreCase: false);
        if (contraction > 0)
        {
            return contraction;
        }

        int at = text[0] == ' ' ? 1 : 0;
        if (at < text.Length)
        {
            CharacterClass first = CharacterClasses.Classify(text, at, out _);
            if (first is CharacterClass.Letter or CharacterClass.Number or CharacterClass.Other)
            {
                return Run(text, at, first);
            }
        }

        return Spaces(text);
    }
}
