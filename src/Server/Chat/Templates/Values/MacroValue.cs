using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Syntax;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>A macro with the scope it was defined in.</summary>
internal sealed class MacroValue(Statement.Macro definition, Scope scope) : TemplateValue
{
    public Statement.Macro Definition { get; } = definition;

    public Scope Scope { get; } = scope;

    public override string TypeName => "Macro";
}
