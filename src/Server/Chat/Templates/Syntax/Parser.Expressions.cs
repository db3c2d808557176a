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
}
