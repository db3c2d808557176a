namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>A list or a tuple. Neither changes after it is made: the sandbox of the reference refuses <c>append</c> and its like too.</summary>
internal sealed class ListValue(IReadOnlyList<TemplateValue> items, bool isTuple = false) : TemplateValue
{
    public static ListValue Empty { get; } = new([]);

    public IReadOnlyList<TemplateValue> Items { get; } = items;

    public bool IsTuple { get; } = isTuple;

    public override string TypeName => IsTuple ? "tuple" : "list";

    public override bool IsTrue => Items.Count > 0;
}
