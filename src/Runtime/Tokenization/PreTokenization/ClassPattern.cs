using System.Text;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Runs of characters that a test accepts, cut every so many characters.</summary>
/// <param name="accepts">The test.</param>
/// <param name="max">Longest match in characters.</param>
/// <param name="min">Shortest match in characters.</param>
internal sealed class ClassPattern(Func<Rune, bool> accepts, int max = int.MaxValue, int min = 1) : TextPattern
{
    public static ClassPattern Numbers(int max) => new(rune => CharacterClasses.Classify(rune) == CharacterClass.Number, max);

    public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        int start = 0;
        int count = 0;
        int at = 0;
        while (at < text.Length)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int consumed);
            if (accepts(rune))
            {
                at += consumed;
                if (++count < max)
                {
                    continue;
                }

                consumed = 0;
            }

            End(at, matches);
            at += consumed;
            start = at;
            count = 0;
        }

        End(at, matches);

        void End(int end, List<(int Start, int Length)> matches)
        {
            if (count >= min)
            {
                matches.Add((start, end - start));
            }
        }
    }
}
