using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Functions that every template sees.</summary>
internal static class GlobalFunctions
{
    // The sandbox of the reference has this limit.
    private const int MaxRange = 100_000;

    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["range"] = Range,
        ["dict"] = Dict,
        ["namespace"] = Namespace,
        ["raise_exception"] = RaiseException,
        ["strftime_now"] = StrftimeNow,
    };

    private static ListValue Range(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "start", "stop", "step");
        BigInteger first = Integer(run, values[0]);
        BigInteger start = values[1] is null ? 0 : first;
        BigInteger stop = values[1] is null ? first : Integer(run, values[1]);
        BigInteger step = values[2] is null ? 1 : Integer(run, values[2]);
        if (step.IsZero)
        {
            throw run.Fail("a range's step is zero");
        }

        BigInteger count = step.Sign > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        if (count > MaxRange)
        {
            throw run.Fail($"a range has more than {MaxRange} numbers");
        }

        run.Charge(BigInteger.Max(count, 0) > 0 ? (long)count * 4 : 0);
        List<TemplateValue> numbers = [];
        for (int i = 0; i < count; i++)
        {
            numbers.Add(new IntValue(start + (i * step)));
        }

        return new ListValue(numbers);
    }

    private static BigInteger Integer(TemplateRun run, TemplateValue? value) => value switch
    {
        null => throw run.Fail("range needs a number"),
        UndefinedValue undefined => throw run.Fail(undefined.Hint),
        _ => Numbers.TryGetInteger(value, out BigInteger number) ? number : throw run.Fail($"range needs integers, not a {value.TypeName}"),
    };

    private static DictValue Dict(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        DictValue pairs = new();
        foreach (TemplateValue source in arguments.Positional)
        {
            if (source is DictValue from)
            {
                foreach ((TemplateValue key, TemplateValue value) in from.Pairs)
                {
                    pairs.Set(key, value);
                }

                continue;
            }

            foreach (TemplateValue item in run.Iterate(source))
            {
                IReadOnlyList<TemplateValue> pair = run.Iterate(item);
                if (pair.Count != 2 || !DictValue.CanBeKey(pair[0]))
                {
                    throw run.Fail("dict needs pairs of key and value");
                }

                pairs.Set(pair[0], pair[1]);
            }
        }

        foreach ((string name, TemplateValue value) in arguments.Named)
        {
            pairs.Set(name, value);
        }

        run.Charge(pairs.Count);
        return pairs;
    }

    private static NamespaceValue Namespace(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        NamespaceValue names = new();
        foreach ((TemplateValue key, TemplateValue value) in Dict(run, subject, arguments).Pairs)
        {
            names.Attributes[run.ToText(key)] = value;
        }

        return names;
    }

    private static TemplateValue RaiseException(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        TemplateValue? message = arguments.Bind(run, "message")[0];
        throw run.Raise(message is null ? "" : run.ToText(message));
    }

    private static StringValue StrftimeNow(TemplateRun run, TemplateValue subject, CallArguments arguments) =>
        arguments.Bind(run, "format")[0] is StringValue format
            ? run.Text(Strftime.Format(format.Value, run.Now))
            : throw run.Fail("strftime_now needs a format");
}
