using System.Text;

namespace Sparrow.Runtime.Tokenization.Normalization;

/// <summary>SentencePiece's treatment of white space: a space in front, spaces shown as ▁.</summary>
/// <param name="addDummyPrefix">Whether a text begins with a space of its own.</param>
/// <param name="removeExtraSpaces">Whether spaces at the ends are dropped and runs become one.</param>
/// <param name="escapeSpaces">Whether spaces are written as ▁.</param>
internal sealed class SentencePieceNormalizer(bool addDummyPrefix, bool removeExtraSpaces, bool escapeSpaces = true) : TextNormalizer
{
    private const char Mark = '▁';

    public override string Normalize(string text)
    {
        if (removeExtraSpaces)
        {
            text = RemoveExtraSpaces(text);
        }

        if (text.Length == 0)
        {
            return text;
        }

        text = addDummyPrefix ? " " + text : text;
        return escapeSpaces ? text.Replace(' ', Mark) : text;
    }

    private static string RemoveExtraSpaces(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim(' ');
        StringBuilder result = new(trimmed.Length);
        char last = '\0';
        foreach (char character in trimmed)
        {
            if (character != ' ' || last != ' ')
            {
                result.Append(character);
            }

            last = character;
        }

        return result.ToString();
    }
}
