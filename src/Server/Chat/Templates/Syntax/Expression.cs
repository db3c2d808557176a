using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>An expression; the cases are all there are.</summary>
/// <param name="Line">Where it stands, from 1.</param>
internal abstract record Expression(int Line)
{
    internal sealed record Constant(int Line, TemplateValue Value) : Expression(Line);

    internal sealed record Name(int Line, string Id) : Expression(Line);

    internal sealed record Attribute(int Line, Expression Subject, string Id) : Expression(Line);

    internal sealed record Item(int Line, Expression Subject, Expression Key) : Expression(Line);

    internal sealed record Slice(int Line, Expression Subject, Expression? Start, Expression? Stop, Expression? Step) : Expression(Line);

    internal sealed record Call(int Line, Expression Callee, ArgumentList Arguments) : Expression(Line);

    /// <summary>A filter; without a subject, the first of a filter block, which takes the block's text.</summary>
    internal sealed record Filter(int Line, Expression? Subject, string Id, ArgumentList Arguments) : Expression(Line);

    internal sealed record Test(int Line, Expression Subject, string Id, ArgumentList Arguments) : Expression(Line);

    internal sealed record Not(int Line, Expression Operand) : Expression(Line);

    internal sealed record Negate(int Line, Expression Operand, bool IsMinus) : Expression(Line);

    internal sealed record Logical(int Line, Expression Left, Expression Right, bool IsAnd) : Expression(Line);

    internal sealed record Binary(int Line, string Operator, Expression Left, Expression Right) : Expression(Line);

    /// <summary><c>a ~ b ~ c</c>: texts joined.</summary>
    internal sealed record Concatenation(int Line, IReadOnlyList<Expression> Parts) : Expression(Line);

    /// <summary>A chain <c>a &lt; b &lt; c</c>, which holds where every link does.</summary>
    internal sealed record Comparison(int Line, Expression First, IReadOnlyList<(string Operator, Expression Operand)> Links) : Expression(Line);

    internal sealed record Conditional(int Line, Expression Condition, Expression Then, Expression? Else) : Expression(Line);

    internal sealed record List(int Line, IReadOnlyList<Expression> Items, bool IsTuple) : Expression(Line);

    internal sealed record Dict(int Line, IReadOnlyList<(Expression Key, Expression Value)> Pairs) : Expression(Line);

    /// <summary>What a call passes.</summary>
    /// <param name="Positional">By place; one with a star is a list to spread.</param>
    /// <param name="Named">By name; without a name, a dictionary to spread.</param>
    internal sealed record ArgumentList(IReadOnlyList<(Expression Value, bool IsSpread)> Positional, IReadOnlyList<(string? Id, Expression Value)> Named)
    {
        public static ArgumentList None { get; } = new([], []);
    }
}
