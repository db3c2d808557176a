using System.Globalization;
using System.Numerics;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>What follows a value: members, subscripts and calls.</summary>
internal sealed partial class Parser
{
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
}
