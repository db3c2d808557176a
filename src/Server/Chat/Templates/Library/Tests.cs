using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>What may follow <c>is</c>.</summary>
internal static class Tests
{
    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["defined"] = Kind(value => value is not UndefinedValue),
        ["undefined"] = Kind(value => value is UndefinedValue),
        ["none"] = Kind(value => value is NoneValue),
        ["boolean"] = Kind(value => value is BoolValue),
        ["true"] = Kind(value => value is BoolValue { Value: true }),
        ["false"] = Kind(value => value is BoolValue { Value: false }),
        ["integer"] = Kind(value => value is IntValue),
        ["float"] = Kind(value => value is FloatValue),
        ["number"] = Kind(Numbers.IsNumber),
        ["string"] = Kind(value => value is StringValue),
        ["mapping"] = Kind(value => value is DictValue),
        ["sequence"] = Kind(value => value is ListValue or StringValue or DictValue or UndefinedValue),
        ["iterable"] = Kind(value => value is ListValue or StringValue or DictValue or UndefinedValue or LoopValue),
        ["callable"] = Kind(value => value is FunctionValue or MacroValue),
        ["escaped"] = Kind(_ => false),
        ["odd"] = (run, value, _) => BoolValue.Of(!Integer(run, value).IsEven),
        ["even"] = (run, value, _) => BoolValue.Of(Integer(run, value).IsEven),
        ["divisibleby"] = DivisibleBy,
        ["lower"] = (run, value, _) => StringMethods.All["islower"](run, new StringValue(run.ToText(value)), CallArguments.None),
        ["upper"] = (run, value, _) => StringMethods.All["isupper"](run, new StringValue(run.ToText(value)), CallArguments.None),
        ["filter"] = (_, value, _) => BoolValue.Of(value is StringValue name && Filters.All.ContainsKey(name.Value)),
        ["test"] = (_, value, _) => BoolValue.Of(value is StringValue name && Exists(name.Value)),
        ["sameas"] = SameAs,
        ["in"] = Compares("in"),
        ["eq"] = Compares("=="),
        ["equalto"] = Compares("=="),
        ["=="] = Compares("=="),
        ["ne"] = Compares("!="),
        ["!="] = Compares("!="),
        ["lt"] = Compares("<"),
        ["lessthan"] = Compares("<"),
        ["<"] = Compares("<"),
        ["le"] = Compares("<="),
        ["<="] = Compares("<="),
        ["gt"] = Compares(">"),
        ["greaterthan"] = Compares(">"),
        [">"] = Compares(">"),
        ["ge"] = Compares(">="),
        [">="] = Compares(">="),
    };

    private static bool Exists(string name) => All.ContainsKey(name);

    private static Operation Kind(Func<TemplateValue, bool> holds) => (run, value, arguments) =>
        arguments.IsEmpty ? BoolValue.Of(holds(value)) : throw run.Fail("this test takes no argument");

    private static Operation Compares(string operation) => (run, value, arguments) =>
        BoolValue.Of(Comparisons.Holds(run, operation, value, Other(run, arguments)));

    private static TemplateValue Other(TemplateRun run, CallArguments arguments) =>
        arguments.Bind(run, "other")[0] ?? throw run.Fail("this test needs an argument");

    private static BigInteger Integer(TemplateRun run, TemplateValue value)
    {
        Given.RefuseUndefined(run, value);
        return Numbers.TryGetInteger(value, out BigInteger number) ? number : throw run.Fail($"this test needs an integer, not a {value.TypeName}");
    }

    private static BoolValue DivisibleBy(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        BigInteger divisor = Integer(run, Other(run, arguments));
        return divisor.IsZero ? throw run.Fail("division by zero") : BoolValue.Of((Integer(run, value) % divisor).IsZero);
    }

    // Only for the three singletons does Python promise anything about identity.
    private static BoolValue SameAs(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue other = Other(run, arguments);
        return BoolValue.Of(ReferenceEquals(value, other)
            || (value.GetType() == other.GetType() && value is StringValue or IntValue && Comparisons.AreEqual(run, value, other)));
    }
}
