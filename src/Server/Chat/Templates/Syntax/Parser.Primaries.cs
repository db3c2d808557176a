using System.Globalization;
using System.Numerics;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>What expressions are made of: literals, names, and what stands in brackets.</summary>
internal sealed partial class Parser
{
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
}
