namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>The <c>loop</c> of a for statement.</summary>
internal sealed class LoopValue(IReadOnlyList<TemplateValue> items, int depth) : TemplateValue
{
    public IReadOnlyList<TemplateValue> Items { get; } = items;

    /// <summary>Loops around this one.</summary>
    public int Depth { get; } = depth;

    public int Index { get; set; }

    /// <summary>What <c>loop.changed</c> saw last.</summary>
    public ListValue? LastChanged { get; set; }

    public override string TypeName => "LoopContext";
}
