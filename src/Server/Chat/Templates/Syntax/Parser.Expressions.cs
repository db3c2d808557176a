using System.Globalization;
using System.Numerics;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>Expressions, loosest binding first, each level as Jinja has it.</summary>
internal sealed partial class Parser
{
    // "a, b" without brackets, where Jinja takes a tuple.
    private Expression ReadTuple(bool withConditional = true)
    {
        int line = Current.Line;
        Expression first = withConditional ? ReadExpression() : ReadOr();
        if (!Current.IsOperator(","))
        {
            return first;
        }

        List<Expression> items = [first];
        while (TakeOperator(",") && Current.Kind is not (TokenKind.BlockEnd or TokenKind.VariableEnd))
        {
            items.Add(withConditional ? ReadExpression() : ReadOr());
        }

        return new Expression.List(line, items, IsTuple: true);
    }

    private Expression ReadExpression()
    {
        Enter();
        Expression value = ReadOr();
        while (Current.IsName("if"))
        {
            int line = Next().Line;
            Expression condition = ReadOr();
            Expression? otherwise = TakeName("else") ? ReadExpression() : null;
            value = new Expression.Conditional(line, condition, value, otherwise);
        }

        Leave();
        return value;
    }

    private Expression ReadOr()
    {
        Expression left = ReadAnd();
        while (Current.IsName("or"))
        {
            int line = Next().Line;
            left = new Expression.Logical(line, left, ReadAnd(), IsAnd: false);
        }

        return left;
    }

    private Expression ReadAnd()
    {
        Expression left = ReadNot();
        while (Current.IsName("and"))
        {
            int line = Next().Line;
            left = new Expression.Logical(line, left, ReadNot(), IsAnd: true);
        }

        return left;
    }

    private Expression ReadNot()
    {
        if (!Current.IsName("not"))
        {
            return ReadComparison();
        }

        int line = Next().Line;
        Enter();
        Expression operand = ReadNot();
        Leave();
        return new Expression.Not(line, operand);
    }

    private Expression ReadComparison()
    {
        Expression first = ReadSum();
        int line = Current.Line;
        List<(string Operator, Expression Operand)>? links = null;
        while (true)
        {
            string? comparison = null;
            if (Current.Kind == TokenKind.Operator && Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                comparison = Next().Text;
            }
            else if (TakeName("in"))
            {
                comparison = "in";
            }
            else if (Current.IsName("not") && Peek().IsName("in"))
            {
                _position += 2;
                comparison = "not in";
            }

            if (comparison is null)
            {
                return links is null ? first : new Expression.Comparison(line, first, links);
            }

            links ??= [];
            links.Add((comparison, ReadSum()));
        }
    }

    private Expression ReadSum()
    {
        Expression left = ReadConcatenation();
        while (Current.IsOperator("+") || Current.IsOperator("-"))
        {
            Token sign = Next();
            left = new Expression.Binary(sign.Line, sign.Text, left, ReadConcatenation());
        }

        return left;
    }

    private Expression ReadConcatenation()
    {
        int line = Current.Line;
        Expression first = ReadProduct();
        if (!Current.IsOperator("~"))
        {
            return first;
        }

        List<Expression> parts = [first];
        while (TakeOperator("~"))
        {
            parts.Add(ReadProduct());
        }

        return new Expression.Concatenation(line, parts);
    }

    private Expression ReadProduct()
    {
        Expression left = ReadPower();
        while (Current.Kind == TokenKind.Operator && Current.Text is "*" or "/" or "//" or "%")
        {
            Token sign = Next();
            left = new Expression.Binary(sign.Line, sign.Text, left, ReadPower());
        }

        return left;
    }

    private Expression ReadPower()
    {
        Expression left = ReadUnary(withFilters: true);
        while (Current.IsOperator("**"))
        {
            Token sign = Next();
            left = new Expression.Binary(sign.Line, sign.Text, left, ReadUnary(withFilters: true));
        }

        return left;
    }

    private Expression ReadUnary(bool withFilters)
    {
        Expression value;
        if (Current.IsOperator("-") || Current.IsOperator("+"))
        {
            Token sign = Next();
            Enter();
            value = new Expression.Negate(sign.Line, ReadUnary(withFilters: false), sign.Text == "-");
            Leave();
        }
        else
        {
            value = ReadPrimary();
        }

        value = ReadPostfix(value);
        return withFilters ? ReadFiltersAndTests(value) : value;
    }

    private Expression ReadPrimary()
    {
        Token token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ReadName(token);
            case TokenKind.String:
                string text = token.Text;
                while (Current.Kind == TokenKind.String)
                {
                    text += Next().Text;
                }

                return new Expression.Constant(token.Line, new StringValue(text));
            case TokenKind.Integer when token.Text.Length <= IntValue.MaxBits / 4:
                return new Expression.Constant(token.Line, new IntValue(BigInteger.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Float:
                return new Expression.Constant(token.Line, new FloatValue(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                return ReadParenthesis(token.Line);
            case TokenKind.Operator when token.Text == "[":
                return ReadList(token.Line);
            case TokenKind.Operator when token.Text == "{":
                return ReadDict(token.Line);
            default:
                throw Fail(token.Line, $"expected an expression, found {token}");
        }
    }

    private Expression ReadName(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new Expression.Constant(token.Line, BoolValue.True);
            case "false" or "False":
                return new Expression.Constant(token.Line, BoolValue.False);
            case "none" or "None":
                return new Expression.Constant(token.Line, NoneValue.Instance);
            default:
                _macroNames?.Add(token.Text);
                return new Expression.Name(token.Line, token.Text);
        }
    }

    private Expression ReadParenthesis(int line)
    {
        List<Expression> items = [];
        bool isTuple = false;
        while (!TakeOperator(")"))
        {
            items.Add(ReadExpression());
            if (TakeOperator(","))
            {
                isTuple = true;
            }
            else if (!Current.IsOperator(")"))
            {
                throw Unexpected("')'");
            }
        }

        return items.Count == 1 && !isTuple ? items[0] : new Expression.List(line, items, IsTuple: true);
    }

    private Expression.List ReadList(int line)
    {
        List<Expression> items = [];
        while (!TakeOperator("]"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator("]"))
                {
                    break;
                }
            }

            items.Add(ReadExpression());
        }

        return new Expression.List(line, items, IsTuple: false);
    }

    private Expression.Dict ReadDict(int line)
    {
        List<(Expression Key, Expression Value)> pairs = [];
        while (!TakeOperator("}"))
        {
            if (pairs.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator("}"))
                {
                    break;
                }
            }

            Expression key = ReadExpression();
            ExpectOperator(":");
            pairs.Add((key, ReadExpression()));
        }

        return new Expression.Dict(line, pairs);
    }

    private Expression ReadPostfix(Expression value)
    {
        while (true)
        {
            Token token = Current;
            if (TakeOperator("."))
            {
                Token member = Next();
                value = member.Kind switch
                {
                    TokenKind.Name => new Expression.Attribute(member.Line, value, member.Text),
                    TokenKind.Integer when member.Text.Length < 10 => new Expression.Item(
                        member.Line, value, new Expression.Constant(member.Line, new IntValue(BigInteger.Parse(member.Text, CultureInfo.InvariantCulture)))),
                    _ => throw Fail(member.Line, $"expected an attribute's name, found {member}"),
                };
            }
            else if (TakeOperator("["))
            {
                value = ReadSubscript(token.Line, value);
            }
            else if (TakeOperator("("))
            {
                value = new Expression.Call(token.Line, value, ReadArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadSubscript(int line, Expression subject)
    {
        Expression? start = Current.IsOperator(":") ? null : ReadTuple();
        if (!TakeOperator(":"))
        {
            ExpectOperator("]");
            return new Expression.Item(line, subject, start!);
        }

        Expression? stop = Current.IsOperator(":") || Current.IsOperator("]") ? null : ReadExpression();
        Expression? step = TakeOperator(":") && !Current.IsOperator("]") ? ReadExpression() : null;
        ExpectOperator("]");
        return new Expression.Slice(line, subject, start, stop, step);
    }

    // The opening bracket is taken.
    private Expression.ArgumentList ReadArguments()
    {
        List<(Expression Value, bool IsSpread)> positional = [];
        List<(string? Id, Expression Value)> named = [];
        bool first = true;
        while (!TakeOperator(")"))
        {
            if (!first)
            {
                ExpectOperator(",");
                if (TakeOperator(")"))
                {
                    break;
                }
            }

            first = false;
            if (TakeOperator("**"))
            {
                named.Add((null, ReadExpression()));
            }
            else if (TakeOperator("*"))
            {
                positional.Add((ReadExpression(), true));
            }
            else if (Current.Kind == TokenKind.Name && Peek().IsOperator("="))
            {
                string id = Next().Text;
                _position++;
                named.Add((id, ReadExpression()));
            }
            else if (named.Count > 0)
            {
                throw Fail(Current.Line, "an argument by place follows one by name");
            }
            else
            {
                positional.Add((ReadExpression(), false));
            }
        }

        return new Expression.ArgumentList(positional, named);
    }

    private Expression ReadFiltersAndTests(Expression value)
    {
        while (true)
        {
            if (TakeOperator("|"))
            {
                value = ReadFilter(value);
            }
            else if (Current.IsName("is"))
            {
                value = ReadTest(value);
            }
            else if (Current.IsOperator("("))
            {
                int line = Next().Line;
                value = new Expression.Call(line, value, ReadArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression.Filter ReadFilter(Expression? subject)
    {
        Token name = Expect(TokenKind.Name, "a filter's name");
        Expression.ArgumentList arguments = TakeOperator("(") ? ReadArguments() : Expression.ArgumentList.None;
        return new Expression.Filter(name.Line, subject, name.Text, arguments);
    }

    // The filters of a filter or set block: the first takes the block's text.
    private Expression.Filter ReadFilters()
    {
        Expression.Filter filters = ReadFilter(null);
        while (TakeOperator("|"))
        {
            filters = ReadFilter(filters);
        }

        return filters;
    }

    private Expression ReadTest(Expression subject)
    {
        int line = Next().Line;
        bool isNegated = TakeName("not");
        string id = Expect(TokenKind.Name, "a test's name").Text;
        Expression.ArgumentList arguments = Expression.ArgumentList.None;
        if (TakeOperator("("))
        {
            arguments = ReadArguments();
        }
        else if (BeginsTestArgument(Current))
        {
            arguments = new Expression.ArgumentList([(ReadPostfix(ReadPrimary()), false)], []);
        }

        Expression.Test test = new(line, subject, id, arguments);
        return isNegated ? new Expression.Not(line, test) : test;
    }

    private static bool BeginsTestArgument(Token token) => token.Kind switch
    {
        TokenKind.Name => token.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not"),
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        TokenKind.Operator => token.Text is "[" or "{",
        _ => false,
    };
}
