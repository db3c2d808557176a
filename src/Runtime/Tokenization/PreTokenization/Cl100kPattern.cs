namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>
/// The words of cl100k's family:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// with n = 1 for Qwen2 and 3 for Llama 3.
/// </summary>
/// <param name="maxDigits">n, the longest word of numbers.</param>
internal sealed class Cl100kPattern(int maxDigits) : WordPattern
{
    public const string Llama3Text =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen2Text =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    protected override int Match(ReadOnlySpan<char> text)
    {
        int contraction = Contraction(text, ignoreCase: true);
        if (contraction > 0)
        {
            return contraction;
        }

        CharacterClass first = CharacterClasses.Classify(text, 0, out int length);
        if (first == CharacterClass.Letter)
        {
            return Run(text, 0, CharacterClass.Letter);
        }

        if (first == CharacterClass.Number)
        {
            return Run(text, 0, CharacterClass.Number, maxDigits);
        }

        CharacterClass second = length < text.Length ? CharacterClasses.Classify(text, length, out _) : CharacterClass.LineBreak;
        if (first != CharacterClass.LineBreak && second == CharacterClass.Letter)
        {
            return Run(text, length, CharacterClass.Letter);
        }

        if (first == CharacterClass.Other || (text[0] == ' ' && second == CharacterClass.Other))
        {
            return Run(text, Run(text, first == CharacterClass.Other ? 0 : 1, CharacterClass.Other), CharacterClass.LineBreak);
        }

        int lineBreak = text[..SpaceRun(text, 0)].LastIndexOfAny('\r', '\n');
        return lineBreak >= 0 ? lineBreak + 1 : Spaces(text);
    }
}
