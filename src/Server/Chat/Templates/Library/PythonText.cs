using System.Buffers;
using System.Text;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Where Python's idea of a text's parts differs from .NET's.</summary>
internal static class PythonText
{
    private static readonly SearchValues<char> s_growingInUpperCase = SearchValues.Create("ßŉﬀﬁﬂﬃﬄﬅﬆ");

    /// <summary><c>str.isspace</c> of one character: .NET's set and four separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static bool IsSpace(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!IsSpace(c))
            {
                return false;
            }
        }

        return true;
    }

    public static string TrimStart(string text)
    {
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }

        return text[start..];
    }

    public static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    public static string Trim(string text) => TrimStart(TrimEnd(text));

    /// <summary>Strips any of some characters from the ends.</summary>
    public static string Trim(string text, string characters, bool start, bool end)
    {
        HashSet<Rune> set = [.. characters.EnumerateRunes()];
        int from = 0;
        int to = text.Length;
        while (start && from < to)
        {
            Rune.DecodeFromUtf16(text.AsSpan(from, to - from), out Rune rune, out int length);
            if (!set.Contains(rune))
            {
                break;
            }

            from += length;
        }

        while (end && from < to)
        {
            Rune.DecodeLastFromUtf16(text.AsSpan(from, to - from), out Rune rune, out int length);
            if (!set.Contains(rune))
            {
                break;
            }

            to -= length;
        }

        return text[from..to];
    }

    /// <summary>Upper case with the mappings to several characters that Python makes and .NET does not.</summary>
    public static string ToUpper(string text)
    {
        if (text.AsSpan().IndexOfAny(s_growingInUpperCase) < 0)
        {
            return text.ToUpperInvariant();
        }

        StringBuilder result = new(text.Length + 8);
        foreach (char c in text)
        {
            result.Append(c switch
            {
                'ß' => "SS",
                'ŉ' => "ʼN",
                'ﬀ' => "FF",
                'ﬁ' => "FI",
                'ﬂ' => "FL",
                'ﬃ' => "FFI",
                'ﬄ' => "FFL",
                'ﬅ' or 'ﬆ' => "ST",
                _ => c.ToString(),
            });
        }

        return result.ToString().ToUpperInvariant();
    }

    /// <summary>First letter in upper case, the rest in lower case.</summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        int first = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        return ToUpper(text[..first]) + text[first..].ToLowerInvariant();
    }

    /// <summary><c>str.title</c>: a letter after none is upper case, every other lower case.</summary>
    public static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool afterLetter = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isLetter = Rune.IsLetter(rune);
            Rune mapped = !isLetter ? rune : afterLetter ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune);
            result.Append(mapped.ToString());
            afterLetter = isLetter;
        }

        return result.ToString();
    }

    /// <summary>Lines by Python's line ends, which are more than <c>\n</c>.</summary>
    public static List<string> SplitLines(string text, bool keepsEnds)
    {
        List<string> lines = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029'))
            {
                continue;
            }

            int end = i;
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                i++;
            }

            lines.Add(text[start..(keepsEnds ? i + 1 : end)]);
            start = i + 1;
        }

        if (start < text.Length)
        {
            lines.Add(text[start..]);
        }

        return lines;
    }

    /// <summary>Order of code points, which UTF-16 units do not have.</summary>
    public static int Compare(string left, string right)
    {
        int length = Math.Min(left.Length, right.Length);
        for (int i = 0; i < length; i++)
        {
            (char a, char b) = (left[i], right[i]);
            if (a != b)
            {
                return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
            }
        }

        return left.Length - right.Length;
    }
}
