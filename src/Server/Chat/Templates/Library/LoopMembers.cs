using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>What <c>loop</c> offers.</summary>
internal static class LoopMembers
{
    public static TemplateValue? Find(LoopValue loop, string name) => name switch
    {
        "index" => new IntValue(loop.Index + 1),
        "index0" => new IntValue(loop.Index),
        "revindex" => new IntValue(loop.Items.Count - loop.Index),
        "revindex0" => new IntValue(loop.Items.Count - loop.Index - 1),
        "first" => BoolValue.Of(loop.Index == 0),
        "last" => BoolValue.Of(loop.Index == loop.Items.Count - 1),
        "length" => new IntValue(loop.Items.Count),
        "depth" => new IntValue(loop.Depth + 1),
        "depth0" => new IntValue(loop.Depth),
        "previtem" => loop.Index > 0 ? loop.Items[loop.Index - 1] : new UndefinedValue("there is no previous item"),
        "nextitem" => loop.Index + 1 < loop.Items.Count ? loop.Items[loop.Index + 1] : new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue(name, Cycle, loop),
        "changed" => new FunctionValue(name, Changed, loop),
        _ => null,
    };

    private static TemplateValue Cycle(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        IReadOnlyList<TemplateValue> values = arguments.Positional;
        return values.Count > 0 ? values[((LoopValue)subject).Index % values.Count] : throw run.Fail("cycle needs values");
    }

    private static BoolValue Changed(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        LoopValue loop = (LoopValue)subject;
        ListValue now = new(arguments.Positional);
        bool changed = loop.LastChanged is null || !Comparisons.AreEqual(run, loop.LastChanged, now);
        loop.LastChanged = now;
        return BoolValue.Of(changed);
    }
}
