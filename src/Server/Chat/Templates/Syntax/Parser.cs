namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>Reads tokens into statements by recursive descent, to a bounded depth.</summary>
internal sealed partial class Parser(List<Token> tokens, string file, TemplateLimits limits)
{
    private int _position;
    private int _depth;
    private int _loopDepth;
    private HashSet<string>? _macroNames;

    private Token Current => tokens[_position];

    public Statement.Block Read()
    {
        Statement.Block body = ReadBody([]);
        return Current.Kind == TokenKind.End ? body : throw Unexpected("the end of the template");
    }

    private Token Next()
    {
        Token token = tokens[_position];
        if (token.Kind != TokenKind.End)
        {
            _position++;
        }

        return token;
    }

    private Token Peek() => tokens[Math.Min(_position + 1, tokens.Count - 1)];

    private bool TakeOperator(string text)
    {
        bool found = Current.IsOperator(text);
        if (found)
        {
            _position++;
        }

        return found;
    }

    private bool TakeName(string text)
    {
        bool found = Current.IsName(text);
        if (found)
        {
            _position++;
        }

        return found;
    }

    private void ExpectOperator(string text)
    {
        if (!TakeOperator(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    private Token Expect(TokenKind kind, string what) => Current.Kind == kind ? Next() : throw Unexpected(what);

    private void ExpectBlockEnd() => Expect(TokenKind.BlockEnd, "'%}'");

    private void Enter()
    {
        if (++_depth > limits.MaxDepth)
        {
            throw new TemplateException(file, Current.Line, $"it is nested deeper than {limits.MaxDepth}", TemplateFault.Limit);
        }
    }

    private void Leave() => _depth--;

    private TemplateException Unexpected(string expected) => Fail(Current.Line, $"expected {expected}, found {Current}");

    private TemplateException Fail(int line, string reason) => new(file, line, reason, TemplateFault.Syntax);
}
