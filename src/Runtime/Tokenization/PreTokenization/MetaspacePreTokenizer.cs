using System.Text;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Writes spaces as a visible mark, puts one in front, and cuts before each.</summary>
/// <param name="mark">The mark, usually ▁.</param>
/// <param name="prefix">Which words get a mark in front.</param>
/// <param name="splits">Whether to cut at all.</param>
internal sealed class MetaspacePreTokenizer(char mark, MetaspacePrefix prefix, bool splits) : PreTokenizer
{
    public override void Apply(WordList words)
    {
        StringBuilder text = new(words.Text.Length + words.Words.Count);
        List<(int Start, int Length)> result = new(words.Words.Count);
        foreach ((int start, int length) in words.Words)
        {
            int at = text.Length;
            ReadOnlySpan<char> word = words.Text.AsSpan(start, length);
            bool wanted = prefix == MetaspacePrefix.Always || (prefix == MetaspacePrefix.First && words.IsTextStart && start == 0);
            if (wanted && word[0] != ' ' && word[0] != mark)
            {
                text.Append(mark);
            }

            text.Append(word).Replace(' ', mark, at, text.Length - at);
            result.Add((at, text.Length - at));
        }

        words.Replace(text.ToString(), result);
        if (splits)
        {
            new SplitPreTokenizer(new LiteralPattern(mark.ToString()), SplitBehavior.MergedWithNext).Apply(words);
        }
    }
}
