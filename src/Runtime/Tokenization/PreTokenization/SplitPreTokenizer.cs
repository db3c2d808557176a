namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Cuts each word where a pattern matches.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="inverted">Whether the text between the matches counts as the match.</param>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool inverted = false) : PreTokenizer
{
    public override void Apply(WordList words)
    {
        List<(int Start, int Length)> result = new(words.Words.Count + (words.Text.Length / 4));
        List<(int Start, int Length)> matches = [];
        List<(int Start, int Length, bool IsMatch)> parts = [];
        foreach ((int start, int length) in words.Words)
        {
            matches.Clear();
            parts.Clear();
            pattern.FindAll(words.Text.AsSpan(start, length), matches);
            int from = 0;
            foreach ((int at, int matched) in matches)
            {
                Add(from, at, isMatch: inverted);
                Add(at, at + matched, isMatch: !inverted);
                from = at + matched;
            }

            Add(from, length, isMatch: inverted);
            Merge(parts, result);

            void Add(int partStart, int partEnd, bool isMatch)
            {
                if (partEnd > partStart)
                {
                    parts.Add((start + partStart, partEnd - partStart, isMatch));
                }
            }
        }

        words.Replace(result);
    }

    private void Merge(List<(int Start, int Length, bool IsMatch)> parts, List<(int Start, int Length)> words)
    {
        int first = words.Count;
        bool lastWasMatch = false;
        foreach ((int start, int length, bool isMatch) in parts)
        {
            bool joins = words.Count > first && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isMatch && !lastWasMatch,
                SplitBehavior.MergedWithNext => !isMatch && lastWasMatch,
                SplitBehavior.Contiguous => isMatch == lastWasMatch,
                _ => false,
            };
            if (joins)
            {
                (int wordStart, int wordLength) = words[^1];
                words[^1] = (wordStart, wordLength + length);
            }
            else if (!isMatch || behavior != SplitBehavior.Removed)
            {
                words.Add((start, length));
            }

            lastWasMatch = isMatch;
        }
    }
}
