namespace Sparrow.Runtime.Tokenization.PreTokenization;

internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        int from = 0;
        while (literal.Length > 0 && text[from..].IndexOf(literal, StringComparison.Ordinal) is int found and >= 0)
        {
            matches.Add((from + found, literal.Length));
            from += found + literal.Length;
        }
    }
}
