using System.Diagnostics.CodeAnalysis;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

/// <summary>Names in sight. Loops, macros and with blocks open a scope; what is set inside one stays there.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, TemplateValue> _values = new(StringComparer.Ordinal);

    public void Set(string name, TemplateValue value) => _values[name] = value;

    public bool TryGet(string name, [NotNullWhen(true)] out TemplateValue? value)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._values.TryGetValue(name, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }

    private Scope? Parent { get; } = parent;
}
