using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>What may follow <c>|</c>.</summary>
internal static partial class Filters
{
    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["abs"] = Abs,
        ["attr"] = Attr,
        ["batch"] = Batch,
        ["capitalize"] = (run, value, _) => run.Text(PythonText.Capitalize(run.ToText(value))),
        ["center"] = Center,
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = DictSort,
        ["e"] = Escape,
        ["escape"] = Escape,
        ["first"] = First,
        ["float"] = Float,
        ["forceescape"] = Escape,
        ["format"] = FormatText,
        ["groupby"] = GroupBy,
        ["indent"] = Indent,
        ["int"] = Int,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = Last,
        ["length"] = Length,
        ["list"] = (run, value, _) => new ListValue(run.Iterate(value)),
        ["lower"] = (run, value, _) => run.Text(run.ToText(value).ToLowerInvariant()),
        ["map"] = Map,
        ["max"] = (run, value, arguments) => Extreme(run, value, arguments, 1),
        ["min"] = (run, value, arguments) => Extreme(run, value, arguments, -1),
        ["reject"] = (run, value, arguments) => Select(run, value, arguments, keeps: false, byAttribute: false),
        ["rejectattr"] = (run, value, arguments) => Select(run, value, arguments, keeps: false, byAttribute: true),
        ["replace"] = (run, value, arguments) => StringMethods.ReplaceIn(run, new StringValue(run.ToText(value)), arguments),
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = (run, value, _) => run.Text(run.ToText(value)),
        ["select"] = (run, value, arguments) => Select(run, value, arguments, keeps: true, byAttribute: false),
        ["selectattr"] = (run, value, arguments) => Select(run, value, arguments, keeps: true, byAttribute: true),
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["string"] = (run, value, _) => run.Text(run.ToText(value)),
        ["sum"] = Sum,
        ["title"] = Title,
        ["tojson"] = ToJson,
        ["trim"] = Trim,
        ["truncate"] = Truncate,
        ["unique"] = Unique,
        ["upper"] = (run, value, _) => run.Text(PythonText.ToUpper(run.ToText(value))),
        ["urlencode"] = (run, value, _) => run.Text(Uri.EscapeDataString(run.ToText(value)).Replace("%2F", "/", StringComparison.Ordinal)),
        ["wordcount"] = WordCount,
    };

    private static TemplateValue Default(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "default_value", "boolean");
        bool isMissing = value is UndefinedValue || (Given.Truth(values[1]) && !value.IsTrue);
        return isMissing ? values[0] ?? StringValue.Empty : value;
    }

    private static TemplateValue Attr(TemplateRun run, TemplateValue value, CallArguments arguments) =>
        run.GetAttribute(value, Given.Text(run, arguments.Bind(run, "name")[0], "the attribute's name"));

    private static IntValue Length(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        run.Charge(value is StringValue text ? text.Value.Length : 0);
        return new IntValue(value switch
        {
            StringValue s => s.CodePointCount,
            ListValue list => list.Items.Count,
            DictValue pairs => pairs.Count,
            UndefinedValue => 0,
            LoopValue loop => loop.Items.Count,
            _ => throw run.Fail($"a {value.TypeName} has no length"),
        });
    }

    private static StringValue ToJson(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = values[1] switch
        {
            null or NoneValue => null,
            StringValue text => text.Value,
            _ => new string(' ', Math.Clamp(Given.IntegerOr(run, values[1], "the indentation", 0), 0, 100)),
        };
        string itemSeparator = indent is null ? ", " : ",";
        string keySeparator = ": ";
        if (values[2] is not (null or NoneValue))
        {
            IReadOnlyList<TemplateValue> separators = run.Iterate(values[2]!);
            if (separators.Count != 2)
            {
                throw run.Fail("separators must be two texts");
            }

            itemSeparator = Given.Text(run, separators[0], "a separator");
            keySeparator = Given.Text(run, separators[1], "a separator");
        }

        JsonText.Style style = new(Given.Truth(values[0]), indent, itemSeparator, keySeparator, Given.Truth(values[3]));
        return run.Text(JsonText.Write(run, value, style));
    }

    // An attribute of an attribute: "function.name", with integers for elements of lists.
    private static TemplateValue ReadPath(TemplateRun run, TemplateValue value, TemplateValue path)
    {
        if (path is not StringValue text)
        {
            return run.GetItem(value, path);
        }

        foreach (string part in text.Value.Split('.'))
        {
            TemplateValue key = part.Length is > 0 and < 10 && part.All(char.IsAsciiDigit)
                ? new IntValue(int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))
                : new StringValue(part);
            value = run.GetItem(value, key);
        }

        return value;
    }
}
