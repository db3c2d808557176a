using Sparrow.Server.Chat.Templates.Execution;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>A built-in function, or a method with the value it was taken from.</summary>
internal sealed class FunctionValue(string name, Operation operation, TemplateValue subject) : TemplateValue
{
    public string Name { get; } = name;

    public override string TypeName => "function";

    public TemplateValue Call(TemplateRun run, CallArguments arguments) => operation(run, subject, arguments);
}
