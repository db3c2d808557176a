using System.Diagnostics;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>
/// A pattern whose alternatives cover every character: each match begins where the last one ended. Subclasses are the known patterns,
/// written as scanners; each looks at a character a fixed number of times.
/// </summary>
internal abstract class WordPattern : TextPattern
{
    public sealed override void FindAll(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = Match(text[at..]);
            Debug.Assert(length > 0);
            matches.Add((at, length));
            at += length;
        }
    }

    /// <summary>Length of the word at the beginning of a text that is not empty.</summary>
    protected abstract int Match(ReadOnlySpan<char> text);

    /// <summary>End of the run of one class from <paramref name="at"/>.</summary>
    protected static int Run(ReadOnlySpan<char> text, int at, CharacterClass wanted, int max = int.MaxValue)
    {
        for (; max > 0 && at < text.Length && CharacterClasses.Classify(text, at, out int length) == wanted; max--)
        {
            at += length;
        }

        return at;
    }

    /// <summary>End of the run of white space from <paramref name="at"/>; all of it lies in the basic plane.</summary>
    protected static int SpaceRun(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && CharacterClasses.Classify(text, at, out _) is CharacterClass.Space or CharacterClass.LineBreak)
        {
            at++;
        }

        return at;
    }

    /// <summary><c>\s+(?!\S)|\s+</c>: a run of white space leaves its last character to the word that follows.</summary>
    protected static int Spaces(ReadOnlySpan<char> text)
    {
        int end = SpaceRun(text, 0);
        return end == text.Length || end == 1 ? end : end - 1;
    }

    /// <summary>Length of <c>'s|'t|'re|'ve|'m|'ll|'d</c> at the beginning, or 0.</summary>
    protected static int Contraction(ReadOnlySpan<char> text, bool ignoreCase)
    {
        if (text.Length < 2 || text[0] != '\'')
        {
            return 0;
        }

        char first = Fold(text[1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        char second = text.Length > 2 ? Fold(text[2], ignoreCase) : '\0';
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    /// <summary>Simple case folding for the letters that matter; it takes the long s to s.</summary>
    private static char Fold(char character, bool ignoreCase) => !ignoreCase ? character : character switch
    {
        >= 'A' and <= 'Z' => (char)(character | 0x20),
        'ſ' => 's',
        _ => character,
    };
}
