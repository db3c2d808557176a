using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sparrow.Runtime.Tokenization.AddedTokens;

/// <summary>Finds added tokens: the leftmost match, the longest of those that start there. One trie walk a candidate position.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<(int Node, char Character), int> _edges = [];
    private readonly List<AddedToken?> _nodes = [null];
    private readonly SearchValues<char> _firstCharacters;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        HashSet<char> first = [];
        foreach (AddedToken token in tokens)
        {
            string searched = token.Searched ?? token.Text;
            if (searched.Length == 0)
            {
                continue;
            }

            first.Add(searched[0]);
            int node = 0;
            foreach (char character in searched)
            {
                if (!_edges.TryGetValue((node, character), out int next))
                {
                    next = _nodes.Count;
                    _nodes.Add(null);
                    _edges.Add((node, character), next);
                }

                node = next;
            }

            _nodes[node] = token;
        }

        _firstCharacters = SearchValues.Create(first.ToArray());
    }

    public bool IsEmpty => _nodes.Count == 1;

    /// <summary>The next match from <paramref name="from"/> on.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where the last match ended.</param>
    /// <param name="start">Start of the match, stripped white space included.</param>
    /// <param name="end">End of the match, stripped white space included.</param>
    /// <returns>The token, or null where there is none any more.</returns>
    public AddedToken? Find(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (int at = from; at < text.Length; at++)
        {
            int skipped = text[at..].IndexOfAny(_firstCharacters);
            if (skipped < 0)
            {
                break;
            }

            at += skipped;
            if (Longest(text[at..], out int length) is AddedToken token && (!token.IsSingleWord || StandsAlone(text, at, at + length)))
            {
                start = at;
                end = at + length;
                while (token.StripsLeft && start > from && char.IsWhiteSpace(text[start - 1]))
                {
                    start--;
                }

                while (token.StripsRight && end < text.Length && char.IsWhiteSpace(text[end]))
                {
                    end++;
                }

                return token;
            }
        }

        start = end = text.Length;
        return null;
    }

    private AddedToken? Longest(ReadOnlySpan<char> text, out int length)
    {
        AddedToken? longest = null;
        length = 0;
        int node = 0;
        for (int at = 0; at < text.Length && _edges.TryGetValue((node, text[at]), out node); at++)
        {
            if (_nodes[node] is AddedToken token)
            {
                longest = token;
                length = at + 1;
            }
        }

        return longest;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end)
    {
        bool afterWord = Rune.DecodeLastFromUtf16(text[..start], out Rune before, out _) == OperationStatus.Done && IsWord(before);
        bool beforeWord = Rune.DecodeFromUtf16(text[end..], out Rune after, out _) == OperationStatus.Done && IsWord(after);
        return !afterWord && !beforeWord;
    }

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.EnclosingMark;
}
