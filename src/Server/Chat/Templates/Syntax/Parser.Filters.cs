namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>Filters and tests behind a value, and the filters of a block.</summary>
internal sealed partial class Parser
{
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
