using Sparrow.Server.Chat.Templates.Library;

namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>
/// Cuts a template into tokens and applies whitespace control as Jinja does with trim_blocks and lstrip_blocks: the newline after a block or
/// comment tag goes, and so does the indentation before one that begins its line; <c>-</c> takes all whitespace on its side, <c>+</c> keeps it.
/// </summary>
internal sealed partial class Lexer
{
    private readonly string _source;
    private readonly string _file;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private int _lineCountedTo;

    public Lexer(string source, string file)
    {
        _file = file;
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = text.EndsWith('\n') ? text[..^1] : text;
    }

    public List<Token> Read()
    {
        // A tag that begins its line may lose the indentation before it; at the start, and after a tag that ended with a newline, a line begins.
        bool lineBegins = true;
        while (true)
        {
            int tag = FindTag();
            if (tag < 0)
            {
                AddText(_source[_position..]);
                _position = _source.Length;
                _tokens.Add(new Token(TokenKind.End, "", CurrentLine()));
                return _tokens;
            }

            ReadTag(tag, lineBegins);
            lineBegins = _source[_position - 1] == '\n';
        }
    }

    private int FindTag()
    {
        for (int i = _position; (i = _source.IndexOf('{', i)) >= 0 && i + 1 < _source.Length; i++)
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void ReadTag(int tag, bool lineBegins)
    {
        char kind = _source[tag + 1];
        int inside = tag + 2;
        char sign = inside < _source.Length && _source[inside] is '-' or '+' ? _source[inside++] : ' ';
        AddText(StripBefore(_source[_position..tag], sign, kind != '{', lineBegins));
        _position = inside;
        switch (kind)
        {
            case '#':
                SkipComment(tag);
                break;
            case '{':
                _tokens.Add(new Token(TokenKind.VariableBegin, "{{", LineAt(tag)));
                ReadCode(isBlock: false, tag);
                break;
            case var _ when TryEnterRaw(inside):
                ReadRaw(tag);
                break;
            default:
                _tokens.Add(new Token(TokenKind.BlockBegin, "{%", LineAt(tag)));
                ReadCode(isBlock: true, tag);
                break;
        }
    }

    private static string StripBefore(string text, char sign, bool stripsIndentation, bool lineBegins)
    {
        if (sign == '-')
        {
            return PythonText.TrimEnd(text);
        }

        int lineStart = text.LastIndexOf('\n') + 1;
        bool beginsLine = lineStart > 0 || lineBegins;
        return sign != '+' && stripsIndentation && beginsLine && PythonText.IsSpace(text.AsSpan(lineStart)) ? text[..lineStart] : text;
    }

    private void SkipComment(int tag)
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Fail(tag, "a comment is not closed");
        }

        char sign = end > _position ? _source[end - 1] : ' ';
        _position = end + 2;
        StripAfter(sign, trimsNewline: true);
    }

    // After a tag: all whitespace with '-', nothing with '+', else one newline where trim_blocks applies.
    private void StripAfter(char sign, bool trimsNewline)
    {
        if (sign == '-')
        {
            while (_position < _source.Length && PythonText.IsSpace(_source[_position]))
            {
                _position++;
            }
        }
        else if (sign != '+' && trimsNewline && _position < _source.Length && _source[_position] == '\n')
        {
            _position++;
        }
    }

    private bool TryEnterRaw(int inside)
    {
        int at = SkipWord(inside, "raw");
        if (at < 0)
        {
            return false;
        }

        char sign = at < _source.Length && _source[at] == '-' ? _source[at++] : ' ';
        if (string.CompareOrdinal(_source, at, "%}", 0, 2) != 0)
        {
            return false;
        }

        _position = at + 2;
        StripAfter(sign, trimsNewline: false);
        return true;
    }

    private void ReadRaw(int tag)
    {
        int begin = _position;
        for (int i = begin; (i = _source.IndexOf("{%", i, StringComparison.Ordinal)) >= 0; i++)
        {
            int inside = i + 2;
            char before = inside < _source.Length && _source[inside] is '-' or '+' ? _source[inside++] : ' ';
            int at = SkipWord(inside, "endraw");
            if (at < 0)
            {
                continue;
            }

            char after = at < _source.Length && _source[at] is '-' or '+' ? _source[at++] : ' ';
            if (string.CompareOrdinal(_source, at, "%}", 0, 2) == 0)
            {
                bool lineBegins = begin > 0 && _source[begin - 1] == '\n';
                AddText(StripBefore(_source[begin..i], before, stripsIndentation: true, lineBegins));
                _position = at + 2;
                StripAfter(after, trimsNewline: true);
                return;
            }
        }

        throw Fail(tag, "a raw block is not closed");
    }

    // Past whitespace, a word and whitespace; −1 where the word does not stand there.
    private int SkipWord(int at, string word)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
        {
            at++;
        }

        if (string.CompareOrdinal(_source, at, word, 0, word.Length) != 0)
        {
            return -1;
        }

        at += word.Length;
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
        {
            at++;
        }

        return at;
    }

    private void AddText(string text)
    {
        if (text.Length > 0)
        {
            _tokens.Add(new Token(TokenKind.Text, text, LineAt(_position)));
        }
    }

    private int CurrentLine() => LineAt(_position);

    // Positions are asked for in ascending order, but for the begin of a tag at fault.
    private int LineAt(int position)
    {
        if (position < _lineCountedTo)
        {
            return 1 + _source.AsSpan(0, position).Count('\n');
        }

        _line += _source.AsSpan(_lineCountedTo, position - _lineCountedTo).Count('\n');
        _lineCountedTo = position;
        return _line;
    }

    private TemplateException Fail(int position, string reason) => new(_file, LineAt(position), reason, TemplateFault.Syntax);
}
