using System.Runtime.ExceptionServices;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Filters over lists and dictionaries.</summary>
internal static partial class Filters
{
    private static TemplateValue First(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        IReadOnlyList<TemplateValue> items = run.Iterate(value);
        return items.Count > 0 ? items[0] : new UndefinedValue("there is no first item, the sequence was empty");
    }

    private static TemplateValue Last(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        IReadOnlyList<TemplateValue> items = run.Iterate(value);
        return items.Count > 0 ? items[items.Count - 1] : new UndefinedValue("there is no last item, the sequence was empty");
    }

    private static TemplateValue Reverse(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        IReadOnlyList<TemplateValue> items = run.Iterate(value);
        run.Charge(items.Count);
        return value is StringValue
            ? new StringValue(string.Concat(items.Reverse().Select(run.ToText)))
            : new ListValue([.. items.Reverse()]);
    }

    private static StringValue Join(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "d", "attribute");
        string separator = values[0] is null ? "" : run.ToText(values[0]!);
        List<string> parts = [];
        foreach (TemplateValue item in run.Iterate(value))
        {
            parts.Add(run.ToText(values[1] is null or NoneValue ? item : ReadPath(run, item, values[1]!)));
        }

        return StringMethods.JoinParts(run, separator, parts);
    }

    private static ListValue Items(TemplateRun run, TemplateValue value, CallArguments arguments) => value switch
    {
        DictValue pairs => DictMethods.Items(run, pairs),
        UndefinedValue => ListValue.Empty,
        _ => throw run.Fail($"a {value.TypeName} has no items"),
    };

    private static ListValue Map(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        List<TemplateValue> mapped = [];
        if (arguments.Positional.Count == 0)
        {
            TemplateValue?[] values = arguments.Bind(run, "attribute", "default");
            TemplateValue path = values[0] ?? throw run.Fail("map needs a filter or an attribute");
            foreach (TemplateValue item in run.Iterate(value))
            {
                TemplateValue element = ReadPath(run, item, path);
                mapped.Add(element is UndefinedValue && values[1] is not null ? values[1]! : element);
            }

            return new ListValue(mapped);
        }

        string filter = Given.Text(run, arguments.Positional[0], "the filter's name");
        CallArguments rest = arguments.Skip(1);
        foreach (TemplateValue item in run.Iterate(value))
        {
            run.Charge(0);
            mapped.Add(Apply(run, () => run.Filter(filter, item, rest)));
        }

        return new ListValue(mapped);
    }

    // A filter that applies filters, such as map('map', 'map', …), nests without the expression nesting.
    private static TemplateValue Apply(TemplateRun run, Func<TemplateValue> apply)
    {
        run.Enter();
        TemplateValue result = apply();
        run.Leave();
        return result;
    }

    private static ListValue Select(TemplateRun run, TemplateValue value, CallArguments arguments, bool keeps, bool byAttribute)
    {
        int testAt = byAttribute ? 1 : 0;
        if (byAttribute && arguments.Positional.Count == 0)
        {
            throw run.Fail("the attribute's name is missing");
        }

        string? test = arguments.Positional.Count > testAt ? Given.Text(run, arguments.Positional[testAt], "the test's name") : null;
        CallArguments rest = arguments.Skip(testAt + 1);
        List<TemplateValue> kept = [];
        foreach (TemplateValue item in run.Iterate(value))
        {
            run.Charge(0);
            TemplateValue subject = byAttribute ? ReadPath(run, item, arguments.Positional[0]) : item;
            if ((test is null ? subject.IsTrue : run.Test(test, subject, rest).IsTrue) == keeps)
            {
                kept.Add(item);
            }
        }

        return new ListValue(kept);
    }

    private static ListValue Sort(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "reverse", "case_sensitive", "attribute");
        return new ListValue(Ordered(
            run, run.Iterate(value), item => Key(run, item, values[2], Given.Truth(values[1])), Given.Truth(values[0])));
    }

    private static ListValue DictSort(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "case_sensitive", "by", "reverse");
        if (value is not DictValue pairs)
        {
            throw run.Fail($"dictsort does not take a {value.TypeName}");
        }

        int place = Given.TextOr(run, values[1], "the part to sort by", "key") switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw run.Fail("dictsort sorts by 'key' or 'value'"),
        };
        return new ListValue(Ordered(
            run,
            DictMethods.Items(run, pairs).Items,
            item => Key(run, ((ListValue)item).Items[place], null, Given.Truth(values[0])),
            Given.Truth(values[2])));
    }

    // LINQ's sort, because it is stable as Python's is, also in reverse.
    private static List<TemplateValue> Ordered(
        TemplateRun run, IReadOnlyList<TemplateValue> items, Func<TemplateValue, TemplateValue> key, bool reverse)
    {
        Comparer<TemplateValue> comparer = Comparer<TemplateValue>.Create((a, b) => Comparisons.Compare(run, "<", a, b) ?? 0);
        try
        {
            return reverse ? [.. items.OrderByDescending(key, comparer)] : [.. items.OrderBy(key, comparer)];
        }
        catch (InvalidOperationException exception) when (exception.InnerException is TemplateException inner)
        {
            // The sort wraps what a comparison throws.
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static TemplateValue Key(TemplateRun run, TemplateValue item, TemplateValue? attribute, bool isCaseSensitive)
    {
        TemplateValue key = attribute is null or NoneValue ? item : ReadPath(run, item, attribute);
        return !isCaseSensitive && key is StringValue text ? run.Text(text.Value.ToLowerInvariant()) : key;
    }

    private static ListValue Unique(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "case_sensitive", "attribute");
        DictValue seen = new();
        List<TemplateValue> kept = [];
        foreach (TemplateValue item in run.Iterate(value))
        {
            TemplateValue key = Key(run, item, values[1], Given.Truth(values[0]));
            if (!DictValue.CanBeKey(key))
            {
                throw run.Fail($"unique does not take a {key.TypeName}");
            }

            if (!seen.TryGet(key, out _))
            {
                seen.Set(key, item);
                kept.Add(item);
            }
        }

        run.Charge(kept.Count);
        return new ListValue(kept);
    }

    private static TemplateValue Extreme(TemplateRun run, TemplateValue value, CallArguments arguments, int sign)
    {
        TemplateValue?[] values = arguments.Bind(run, "case_sensitive", "attribute");
        TemplateValue? best = null;
        TemplateValue? bestKey = null;
        foreach (TemplateValue item in run.Iterate(value))
        {
            TemplateValue key = Key(run, item, values[1], Given.Truth(values[0]));
            if (bestKey is null || Comparisons.Compare(run, sign > 0 ? ">" : "<", key, bestKey) * sign > 0)
            {
                (best, bestKey) = (item, key);
            }
        }

        return best ?? new UndefinedValue("there is no item, the sequence was empty");
    }

    private static ListValue GroupBy(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "attribute", "default", "case_sensitive");
        TemplateValue path = values[0] ?? throw run.Fail("groupby needs an attribute");
        bool isCaseSensitive = Given.Truth(values[2]);
        List<TemplateValue> groups = [];
        List<TemplateValue> group = [];
        TemplateValue? groupKey = null;
        foreach (TemplateValue item in Ordered(run, run.Iterate(value), KeyOf, reverse: false))
        {
            TemplateValue key = KeyOf(item);
            if (groupKey is not null && !Comparisons.AreEqual(run, key, groupKey))
            {
                Close();
            }

            groupKey = key;
            group.Add(item);
        }

        if (groupKey is not null)
        {
            Close();
        }

        return new ListValue(groups);

        TemplateValue KeyOf(TemplateValue item)
        {
            TemplateValue key = ReadPath(run, item, path);
            return Key(run, key is UndefinedValue && values[1] is not null ? values[1]! : key, null, isCaseSensitive);
        }

        void Close()
        {
            // The group goes by its first item's key as it is written there.
            TemplateValue shown = ReadPath(run, group[0], path);
            groups.Add(new ListValue([shown is UndefinedValue ? values[1] ?? shown : shown, new ListValue(group)], isTuple: true));
            group = [];
        }
    }

    private static ListValue Batch(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "linecount", "fill_with");
        int size = Given.IntegerOr(run, values[0], "the batch size", 0);
        if (size < 1)
        {
            throw run.Fail("the batch size must be positive");
        }

        List<TemplateValue> batches = [];
        foreach (TemplateValue[] chunk in run.Iterate(value).Chunk(size))
        {
            bool fills = values[1] is not (null or NoneValue) && chunk.Length < size;
            run.ChargeText(fills ? size : chunk.Length);
            batches.Add(new ListValue(fills ? [.. chunk, .. Enumerable.Repeat(values[1]!, size - chunk.Length)] : chunk));
        }

        return new ListValue(batches);
    }

    private static ListValue Slice(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "slices", "fill_with");
        IReadOnlyList<TemplateValue> items = run.Iterate(value);
        int count = Given.IntegerOr(run, values[0], "the number of slices", 0);
        if (count < 1)
        {
            throw run.Fail("the number of slices must be positive");
        }

        run.ChargeText(count * 8L);
        (int size, int longer) = Math.DivRem(items.Count, count);
        List<TemplateValue> slices = [];
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            int length = size + (i < longer ? 1 : 0);
            List<TemplateValue> slice = [.. items.Skip(position).Take(length)];
            position += length;
            if (values[1] is not (null or NoneValue) && i >= longer && longer > 0)
            {
                slice.Add(values[1]!);
            }

            slices.Add(new ListValue(slice));
        }

        return new ListValue(slices);
    }
}
