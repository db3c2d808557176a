using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Methods of dictionaries that change nothing.</summary>
internal static class DictMethods
{
    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["items"] = (run, subject, _) => Items(run, (DictValue)subject),
        ["keys"] = (run, subject, _) => new ListValue(run.Iterate(subject)),
        ["values"] = Values,
        ["get"] = Get,
        ["copy"] = (_, subject, _) => subject,
        ["update"] = Refuse,
        ["pop"] = Refuse,
        ["popitem"] = Refuse,
        ["setdefault"] = Refuse,
        ["clear"] = Refuse,
    };

    public static ListValue Items(TemplateRun run, DictValue pairs)
    {
        run.Charge(pairs.Count * 4L);
        return new ListValue([.. pairs.Pairs.Select(pair => new ListValue([pair.Key, pair.Value], isTuple: true))]);
    }

    private static ListValue Values(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        DictValue pairs = (DictValue)subject;
        run.Charge(pairs.Count);
        return new ListValue([.. pairs.Pairs.Select(pair => pair.Value)]);
    }

    private static TemplateValue Get(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "key", "default");
        TemplateValue key = values[0] ?? throw run.Fail("get needs a key");
        return ((DictValue)subject).TryGet(key, out TemplateValue? found) ? found : values[1] ?? NoneValue.Instance;
    }

    private static TemplateValue Refuse(TemplateRun run, TemplateValue subject, CallArguments arguments) =>
        throw run.Fail("a dictionary cannot be changed inside a template");
}
