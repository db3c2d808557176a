namespace Sparrow.Server.Chat.Templates.Syntax;

internal sealed partial class Parser
{
    // Stops before the tag whose name is one of these, its begin and name not yet taken.
    private Statement.Block ReadBody(ReadOnlySpan<string> ends)
    {
        Enter();
        int line = Current.Line;
        List<Statement> body = [];
        while (Current.Kind != TokenKind.End)
        {
            if (Current.Kind == TokenKind.BlockBegin && Peek().Kind == TokenKind.Name && ends.Contains(Peek().Text))
            {
                break;
            }

            body.Add(ReadStatement());
        }

        Leave();
        return new Statement.Block(line, body);
    }

    private Statement ReadStatement()
    {
        Token first = Next();
        switch (first.Kind)
        {
            case TokenKind.Text:
                return new Statement.Text(first.Line, first.Text);
            case TokenKind.VariableBegin:
                Expression value = ReadTuple();
                Expect(TokenKind.VariableEnd, "'}}'");
                return new Statement.Output(first.Line, value);
            default:
                return ReadTag(Expect(TokenKind.Name, "the name of a statement"));
        }
    }

    private Statement ReadTag(Token name)
    {
        switch (name.Text)
        {
            case "if":
                return ReadIf(name.Line);
            case "for":
                return ReadFor(name.Line);
            case "set":
                return ReadSet(name.Line);
            case "macro":
                return ReadMacro(name.Line);
            case "call":
                return ReadCallBlock(name.Line);
            case "filter":
                Expression filters = ReadFilters();
                ExpectBlockEnd();
                return new Statement.FilterBlock(name.Line, filters, ReadCapturedBody(name.Line, "filter", "endfilter"));
            case "with":
                return ReadWith(name);
            case "generation":
                // It marks what the assistant said, for training; the text inside is rendered as it stands.
                ExpectBlockEnd();
                return ReadBodyTo(name, "endgeneration");
            case "break" or "continue" when _loopDepth > 0:
                ExpectBlockEnd();
                return name.Text == "break" ? new Statement.Break(name.Line) : new Statement.Continue(name.Line);
            case "break" or "continue":
                throw Fail(name.Line, $"'{name.Text}' stands outside a loop");
            default:
                throw Fail(name.Line, $"unknown statement '{name.Text}'");
        }
    }

    private Statement.Block ReadBodyTo(Token opening, string end)
    {
        Statement.Block body = ReadBody([end]);
        ReadEnd(opening.Line, opening.Text, end);
        return body;
    }

    private void ReadEnd(int line, string opening, string end)
    {
        if (Current.Kind == TokenKind.End)
        {
            throw Fail(line, $"'{opening}' is not closed by '{end}'");
        }

        _position += 2;
        if (end == "endmacro" && Current.Kind == TokenKind.Name)
        {
            _position++;
        }

        ExpectBlockEnd();
    }

    private Statement.If ReadIf(int line)
    {
        Expression condition = ReadTuple(withConditional: false);
        ExpectBlockEnd();
        Statement.Block then = ReadBody(["elif", "else", "endif"]);
        if (Current.Kind == TokenKind.End)
        {
            throw Fail(line, "'if' is not closed by 'endif'");
        }

        Token next = Peek();
        if (next.Text == "elif")
        {
            _position += 2;

            // A chain of elif is as deep as it is long.
            Enter();
            Statement.If otherwise = ReadIf(next.Line);
            Leave();
            return new Statement.If(line, condition, then, otherwise);
        }

        Statement.Block? last = null;
        if (next.Text == "else")
        {
            _position += 2;
            ExpectBlockEnd();
            last = ReadBody(["endif"]);
        }

        ReadEnd(line, "if", "endif");
        return new Statement.If(line, condition, then, last);
    }

    private Statement.For ReadFor(int line)
    {
        Statement.Assignee target = ReadTarget(allowsAttribute: false);
        if (!TakeName("in"))
        {
            throw Unexpected("'in'");
        }

        Expression items = ReadTuple(withConditional: false);
        Expression? filter = TakeName("if") ? ReadExpression() : null;
        if (Current.IsName("recursive"))
        {
            throw Fail(Current.Line, "recursive loops are not supported");
        }

        ExpectBlockEnd();
        _loopDepth++;
        Statement.Block body = ReadBody(["else", "endfor"]);
        _loopDepth--;
        Statement.Block? otherwise = null;
        if (Current.Kind != TokenKind.End && Peek().Text == "else")
        {
            _position += 2;
            ExpectBlockEnd();
            otherwise = ReadBody(["endfor"]);
        }

        ReadEnd(line, "for", "endfor");
        return new Statement.For(line, target, items, filter, body, otherwise);
    }

    private Statement ReadSet(int line)
    {
        Statement.Assignee target = ReadTarget(allowsAttribute: true);
        if (TakeOperator("="))
        {
            Expression value = ReadTuple();
            ExpectBlockEnd();
            return new Statement.Set(line, target, value);
        }

        Expression? filters = TakeOperator("|") ? ReadFilters() : null;
        ExpectBlockEnd();
        return new Statement.SetBlock(line, target, filters, ReadCapturedBody(line, "set", "endset"));
    }

    // A body whose text is caught cannot leave the loop around it half way.
    private Statement.Block ReadCapturedBody(int line, string opening, string end)
    {
        int loops = _loopDepth;
        _loopDepth = 0;
        Statement.Block body = ReadBody([end]);
        _loopDepth = loops;
        ReadEnd(line, opening, end);
        return body;
    }

    private Statement.Macro ReadMacro(int line)
    {
        string id = Expect(TokenKind.Name, "the macro's name").Text;
        List<Statement.Parameter> parameters = ReadParameters();
        ExpectBlockEnd();
        return ReadMacroBody(line, id, parameters, "macro", "endmacro");
    }

    private Statement.Macro ReadMacroBody(int line, string id, List<Statement.Parameter> parameters, string opening, string end)
    {
        (HashSet<string>? outerNames, int outerLoops) = (_macroNames, _loopDepth);
        HashSet<string> names = _macroNames = new(StringComparer.Ordinal);
        _loopDepth = 0;
        Statement.Block body = ReadBody([end]);
        (_macroNames, _loopDepth) = (outerNames, outerLoops);
        ReadEnd(line, opening, end);

        // A macro around this one sees the names too: they are inside its body.
        outerNames?.UnionWith(names);
        return new Statement.Macro(line, id, parameters, body)
        {
            UsesVarargs = names.Contains("varargs"),
            UsesKwargs = names.Contains("kwargs"),
            UsesCaller = names.Contains("caller"),
        };
    }

    private List<Statement.Parameter> ReadParameters()
    {
        List<Statement.Parameter> parameters = [];
        ExpectOperator("(");
        while (!TakeOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            Token name = Expect(TokenKind.Name, "a parameter's name");
            Expression? value = TakeOperator("=") ? ReadExpression() : null;
            if (value is null && parameters.Count > 0 && parameters[^1].Default is not null)
            {
                throw Fail(name.Line, "a parameter without a default follows one with a default");
            }

            parameters.Add(new Statement.Parameter(name.Text, value));
        }

        return parameters;
    }

    private Statement.CallBlock ReadCallBlock(int line)
    {
        List<Statement.Parameter> parameters = Current.IsOperator("(") ? ReadParameters() : [];
        if (ReadExpression() is not Expression.Call call)
        {
            throw Fail(line, "'call' needs a call");
        }

        ExpectBlockEnd();
        Statement.Macro caller = ReadMacroBody(line, "caller", parameters, "call", "endcall");
        return new Statement.CallBlock(line, call, caller);
    }

    private Statement.With ReadWith(Token name)
    {
        List<(Statement.Assignee Target, Expression Value)> assignments = [];
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
            {
                ExpectOperator(",");
            }

            Statement.Assignee target = ReadSingleTarget(allowsAttribute: false);
            ExpectOperator("=");
            assignments.Add((target, ReadExpression()));
        }

        ExpectBlockEnd();
        return new Statement.With(name.Line, assignments, ReadBodyTo(name, "endwith"));
    }

    private Statement.Assignee ReadTarget(bool allowsAttribute)
    {
        int line = Current.Line;
        Statement.Assignee first = ReadSingleTarget(allowsAttribute);
        if (!Current.IsOperator(","))
        {
            return first;
        }

        List<Statement.Assignee> parts = [first];
        while (TakeOperator(",") && (Current.Kind == TokenKind.Name || Current.IsOperator("(")) && !Current.IsName("in"))
        {
            parts.Add(ReadSingleTarget(allowsAttribute));
        }

        return new Statement.Assignee(line, "", null, parts);
    }

    private Statement.Assignee ReadSingleTarget(bool allowsAttribute)
    {
        int line = Current.Line;
        if (TakeOperator("("))
        {
            Enter();
            Statement.Assignee inner = ReadTarget(allowsAttribute);
            Leave();
            ExpectOperator(")");
            return inner;
        }

        string id = Expect(TokenKind.Name, "a name to assign to").Text;
        if (id is "true" or "false" or "none" or "True" or "False" or "None")
        {
            throw Fail(line, $"'{id}' cannot be assigned to");
        }

        string? attribute = allowsAttribute && TakeOperator(".") ? Expect(TokenKind.Name, "an attribute's name").Text : null;
        return new Statement.Assignee(line, id, attribute, null);
    }
}
