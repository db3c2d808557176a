using System.Globalization;
using System.Text;
using Sparrow.Server.Chat.Templates.Library;

namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>What stands inside a tag.</summary>
internal sealed partial class Lexer
{
    private static readonly string[] s_longOperators = ["//", "**", "==", "!=", ">=", "<="];

    private void ReadCode(bool isBlock, int tag)
    {
        // While a bracket is open, '}}' closes two dictionaries and not the tag.
        Stack<char> open = new();
        while (true)
        {
            while (_position < _source.Length && PythonText.IsSpace(_source[_position]))
            {
                _position++;
            }

            if (_position >= _source.Length)
            {
                throw Fail(tag, "a tag is not closed");
            }

            if (open.Count == 0 && TryEnd(isBlock))
            {
                return;
            }

            char first = _source[_position];
            if (char.IsAsciiDigit(first))
            {
                ReadNumber();
            }
            else if (first == '_' || char.IsLetterOrDigit(first))
            {
                int begin = _position;
                while (_position < _source.Length && (_source[_position] == '_' || char.IsLetterOrDigit(_source[_position])))
                {
                    _position++;
                }

                _tokens.Add(new Token(TokenKind.Name, _source[begin.._position], LineAt(begin)));
            }
            else if (first is '\'' or '"')
            {
                ReadString(first);
            }
            else
            {
                ReadOperator(open);
            }
        }
    }

    private bool TryEnd(bool isBlock)
    {
        char sign = _source[_position] is '-' or '+' ? _source[_position] : ' ';
        int at = sign == ' ' ? _position : _position + 1;
        if ((sign == '+' && !isBlock) || string.CompareOrdinal(_source, at, isBlock ? "%}" : "}}", 0, 2) != 0)
        {
            return false;
        }

        _tokens.Add(isBlock ? new Token(TokenKind.BlockEnd, "%}", LineAt(at)) : new Token(TokenKind.VariableEnd, "}}", LineAt(at)));
        _position = at + 2;
        StripAfter(sign, trimsNewline: isBlock);
        return true;
    }

    private void ReadOperator(Stack<char> open)
    {
        int begin = _position;
        foreach (string candidate in s_longOperators)
        {
            if (string.CompareOrdinal(_source, begin, candidate, 0, 2) == 0)
            {
                _position += 2;
                _tokens.Add(new Token(TokenKind.Operator, candidate, LineAt(begin)));
                return;
            }
        }

        char sign = _source[_position++];
        switch (sign)
        {
            case '(' or '[' or '{':
                open.Push(sign == '(' ? ')' : sign == '[' ? ']' : '}');
                break;
            case ')' or ']' or '}':
                if (!open.TryPop(out char expected) || expected != sign)
                {
                    throw Fail(begin, $"unexpected '{sign}'");
                }

                break;
            case '+' or '-' or '*' or '/' or '%' or '~' or '<' or '>' or '=' or '.' or ':' or '|' or ',':
                break;
            default:
                throw Fail(begin, $"unexpected character '{sign}'");
        }

        _tokens.Add(new Token(TokenKind.Operator, sign.ToString(), LineAt(begin)));
    }

    private void ReadNumber()
    {
        int begin = _position;
        SkipDigits();

        // "a.0.b" walks down a list: after a dot there is no fraction.
        bool afterDot = _tokens.Count > 0 && _tokens[^1].IsOperator(".");
        bool isFloat = false;
        if (!afterDot && _position + 1 < _source.Length && _source[_position] == '.' && char.IsAsciiDigit(_source[_position + 1]))
        {
            isFloat = true;
            _position++;
            SkipDigits();
        }

        int exponent = _position;
        if (!afterDot && exponent < _source.Length && _source[exponent] is 'e' or 'E')
        {
            exponent += exponent + 1 < _source.Length && _source[exponent + 1] is '+' or '-' ? 2 : 1;
            if (exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
            {
                isFloat = true;
                _position = exponent;
                SkipDigits();
            }
        }

        string text = _source[begin.._position].Replace("_", "", StringComparison.Ordinal);
        _tokens.Add(new Token(isFloat ? TokenKind.Float : TokenKind.Integer, text, LineAt(begin)));
    }

    private void SkipDigits()
    {
        while (_position < _source.Length && (char.IsAsciiDigit(_source[_position]) || _source[_position] == '_'))
        {
            _position++;
        }
    }

    private void ReadString(char quote)
    {
        int begin = _position++;
        StringBuilder text = new();
        while (true)
        {
            if (_position >= _source.Length)
            {
                throw Fail(begin, "a string is not closed");
            }

            char next = _source[_position++];
            if (next == quote)
            {
                _tokens.Add(new Token(TokenKind.String, text.ToString(), LineAt(begin)));
                return;
            }

            if (next == '\\' && _position < _source.Length)
            {
                ReadEscape(text, begin);
            }
            else
            {
                text.Append(next);
            }
        }
    }

    private void ReadEscape(StringBuilder text, int begin)
    {
        char kind = _source[_position++];
        switch (kind)
        {
            case '\n':
                break;
            case '\\' or '\'' or '"':
                text.Append(kind);
                break;
            case 'a':
                text.Append('\a');
                break;
            case 'b':
                text.Append('\b');
                break;
            case 'f':
                text.Append('\f');
                break;
            case 'n':
                text.Append('\n');
                break;
            case 'r':
                text.Append('\r');
                break;
            case 't':
                text.Append('\t');
                break;
            case 'v':
                text.Append('\v');
                break;
            case 'x':
                AppendCodePoint(text, 2, begin);
                break;
            case 'u':
                AppendCodePoint(text, 4, begin);
                break;
            case 'U':
                AppendCodePoint(text, 8, begin);
                break;
            case >= '0' and <= '7':
                int value = kind - '0';
                for (int i = 0; i < 2 && _position < _source.Length && _source[_position] is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + (_source[_position++] - '0');
                }

                text.Append((char)value);
                break;
            default:
                text.Append('\\').Append(kind);
                break;
        }
    }

    private void AppendCodePoint(StringBuilder text, int digits, int begin)
    {
        if (_position + digits > _source.Length
            || !uint.TryParse(_source.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            || value > 0x10ffff)
        {
            throw Fail(begin, "a string holds a broken escape");
        }

        _position += digits;
        if (value > 0xffff)
        {
            text.Append(char.ConvertFromUtf32((int)value));
        }
        else
        {
            text.Append((char)value);
        }
    }
}
