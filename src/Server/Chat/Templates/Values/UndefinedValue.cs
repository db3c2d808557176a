namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>What a name, attribute or element is that does not exist: prints as nothing, is false, and fails where it is used.</summary>
/// <param name="hint">What does not exist, for the message of such a use.</param>
internal sealed class UndefinedValue(string hint) : TemplateValue
{
    public string Hint { get; } = hint;

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;
}
