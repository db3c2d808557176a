using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Methods of lists and tuples that change nothing.</summary>
internal static class ListMethods
{
    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["count"] = (run, subject, arguments) => new IntValue(
            arguments.Bind(run, "value")[0] is { } value
                ? ((ListValue)subject).Items.Count(item => Comparisons.AreEqual(run, item, value))
                : throw run.Fail("count needs a value")),
        ["index"] = Index,
        ["copy"] = (_, subject, _) => subject,
        ["append"] = Refuse,
        ["extend"] = Refuse,
        ["insert"] = Refuse,
        ["pop"] = Refuse,
        ["remove"] = Refuse,
        ["reverse"] = Refuse,
        ["sort"] = Refuse,
        ["clear"] = Refuse,
    };

    private static IntValue Index(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        TemplateValue value = arguments.Bind(run, "value")[0] ?? throw run.Fail("index needs a value");
        IReadOnlyList<TemplateValue> items = ((ListValue)subject).Items;
        for (int i = 0; i < items.Count; i++)
        {
            if (Comparisons.AreEqual(run, items[i], value))
            {
                return new IntValue(i);
            }
        }

        throw run.Fail("the value is not in the list");
    }

    private static TemplateValue Refuse(TemplateRun run, TemplateValue subject, CallArguments arguments) =>
        throw run.Fail("a list cannot be changed inside a template");
}
