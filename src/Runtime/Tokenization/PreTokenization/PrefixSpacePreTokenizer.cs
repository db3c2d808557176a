using System.Text;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Puts a space before each word that has none: <c>add_prefix_space</c> of byte-level tokenizers.</summary>
internal sealed class PrefixSpacePreTokenizer : PreTokenizer
{
    public override void Apply(WordList words)
    {
        StringBuilder text = new(words.Text.Length + words.Words.Count);
        List<(int Start, int Length)> result = new(words.Words.Count);
        foreach ((int start, int length) in words.Words)
        {
            int at = text.Length;
            ReadOnlySpan<char> word = words.Text.AsSpan(start, length);
            if (word[0] != ' ')
            {
                text.Append(' ');
            }

            text.Append(word);
            result.Add((at, text.Length - at));
        }

        words.Replace(text.ToString(), result);
    }
}
