namespace Sparrow.Server.Chat.Templates.Syntax;

/// <summary>A statement; the cases are all there are.</summary>
/// <param name="Line">Where it stands, from 1.</param>
internal abstract record Statement(int Line)
{
    /// <summary>Statements in order.</summary>
    internal sealed record Block(int Line, IReadOnlyList<Statement> Body) : Statement(Line);

    internal sealed record Text(int Line, string Value) : Statement(Line);

    internal sealed record Output(int Line, Expression Value) : Statement(Line);

    internal sealed record If(int Line, Expression Condition, Block Then, Statement? Else) : Statement(Line);

    internal sealed record For(int Line, Assignee Target, Expression Items, Expression? Filter, Block Body, Block? Else) : Statement(Line);

    internal sealed record Set(int Line, Assignee Target, Expression Value) : Statement(Line);

    /// <summary>Assigns the text that the body renders, run through filters.</summary>
    internal sealed record SetBlock(int Line, Assignee Target, Expression? Filters, Block Body) : Statement(Line);

    internal sealed record Macro(int Line, string Id, IReadOnlyList<Parameter> Parameters, Block Body) : Statement(Line)
    {
        /// <summary>Whether the body names them, and so takes more arguments than there are parameters.</summary>
        public bool UsesVarargs { get; init; }

        public bool UsesKwargs { get; init; }

        public bool UsesCaller { get; init; }
    }

    /// <summary>Calls a macro that calls the body back as <c>caller()</c>.</summary>
    internal sealed record CallBlock(int Line, Expression.Call Call, Macro Caller) : Statement(Line);

    internal sealed record FilterBlock(int Line, Expression Filters, Block Body) : Statement(Line);

    internal sealed record With(int Line, IReadOnlyList<(Assignee Target, Expression Value)> Assignments, Block Body) : Statement(Line);

    internal sealed record Break(int Line) : Statement(Line);

    internal sealed record Continue(int Line) : Statement(Line);

    /// <summary>A macro's parameter.</summary>
    internal sealed record Parameter(string Id, Expression? Default);

    /// <summary>What can be assigned: a name, a namespace's attribute, or several targets at once.</summary>
    internal sealed record Assignee(int Line, string Id, string? Attribute, IReadOnlyList<Assignee>? Parts);
}
