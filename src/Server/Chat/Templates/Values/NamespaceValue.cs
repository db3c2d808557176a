namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>What <c>namespace()</c> makes: the one kind that changes, so that a loop can hand something out.</summary>
internal sealed class NamespaceValue : TemplateValue
{
    public Dictionary<string, TemplateValue> Attributes { get; } = new(StringComparer.Ordinal);

    public override string TypeName => "Namespace";
}
