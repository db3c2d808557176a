using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>
/// Any other expression, by .NET's automaton, which takes linear time but knows no look-ahead. The one look-ahead that these patterns
/// have, <c>\s+(?!\S)|\s+</c> at the end, is taken off and done by hand.
/// </summary>
internal sealed class RegexPattern : TextPattern
{
    private const string SpacesAtEnd = @"|\s+(?!\S)|\s+";

    private const int MaxExpressionLength = 4096;

    // A character of the basic plane for each category, so that characters beyond it can be matched by class.
    private static readonly char[] s_standIns = MakeStandIns();

    private readonly Regex _regex;
    private readonly bool _leavesLastSpace;

    private RegexPattern(Regex regex, bool leavesLastSpace)
    {
        _regex = regex;
        _leavesLastSpace = leavesLastSpace;
    }

    /// <summary>Null where the expression is wrong or needs backtracking.</summary>
    public static RegexPattern? TryCreate(string expression)
    {
        if (expression.Length > MaxExpressionLength)
        {
            return null;
        }

        bool leavesLastSpace = expression.EndsWith(SpacesAtEnd, StringComparison.Ordinal);
        if (leavesLastSpace)
        {
            expression = expression[..^SpacesAtEnd.Length] + @"|(?<spaces>\s+)";
        }

        try
        {
            return new RegexPattern(
                new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture), leavesLastSpace);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        string input = StandIn(text, out int[]? offsets);
        Match match = _regex.Match(input);
        while (match.Success)
        {
            int end = match.Index + match.Length;
            if (_leavesLastSpace && match.Length > 1 && end < input.Length && match.Groups["spaces"].Success)
            {
                end--;
            }

            if (end > match.Index)
            {
                int start = offsets?[match.Index] ?? match.Index;
                matches.Add((start, (offsets?[end] ?? end) - start));
            }

            match = _regex.Match(input, Math.Max(end, match.Index + 1 > input.Length ? input.Length : end == match.Index ? end + 1 : end));
            if (end >= input.Length)
            {
                break;
            }
        }
    }

    /// <summary>The text with one UTF-16 unit for each character, and where each of them stands in the original.</summary>
    private static string StandIn(ReadOnlySpan<char> text, out int[]? offsets)
    {
        offsets = null;
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return text.ToString();
        }

        StringBuilder units = new(text.Length);
        offsets = new int[text.Length + 1];
        for (int at = 0; at < text.Length;)
        {
            offsets[units.Length] = at;
            OperationStatus status = Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            units.Append(length == 2 && status == OperationStatus.Done ? s_standIns[(int)Rune.GetUnicodeCategory(rune)] : text[at]);
            at += length;
        }

        offsets[units.Length] = text.Length;
        return units.ToString();
    }

    private static char[] MakeStandIns()
    {
        char[] result = new char[30];
        Array.Fill(result, '\uFFFD');

        // From the end, so that the first character of a category wins; from U+00A1 on, since an expression may name ASCII characters.
        for (int code = 0xD7FF; code > 0xA0; code--)
        {
            result[(int)CharUnicodeInfo.GetUnicodeCategory((char)code)] = (char)code;
        }

        return result;
    }
}
