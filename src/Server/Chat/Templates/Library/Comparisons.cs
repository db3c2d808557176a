using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Python's equality, order and membership.</summary>
internal static class Comparisons
{
    public static bool Holds(TemplateRun run, string operation, TemplateValue left, TemplateValue right) => operation switch
    {
        "==" => AreEqual(run, left, right),
        "!=" => !AreEqual(run, left, right),
        "<" => Compare(run, "<", left, right) is < 0,
        "<=" => Compare(run, "<=", left, right) is <= 0,
        ">" => Compare(run, ">", left, right) is > 0,
        ">=" => Compare(run, ">=", left, right) is >= 0,
        "in" => Contains(run, right, left),
        _ => !Contains(run, right, left),
    };

    public static bool AreEqual(TemplateRun run, TemplateValue left, TemplateValue right)
    {
        if (DictValue.CanBeKey(left) && DictValue.CanBeKey(right))
        {
            run.Charge(left is StringValue text ? text.Value.Length : 0);
            return ScalarComparer.Instance.Equals(left, right);
        }

        run.Enter();
        bool equal = (left, right) switch
        {
            (ListValue a, ListValue b) => a.IsTuple == b.IsTuple && AreEqual(run, a, b),
            (DictValue a, DictValue b) => AreEqual(run, a, b),
            _ => ReferenceEquals(left, right),
        };
        run.Leave();
        return equal;
    }

    /// <summary>Negative, zero or positive; null where the two are not ordered (NaN).</summary>
    public static int? Compare(TemplateRun run, string operation, TemplateValue left, TemplateValue right)
    {
        run.Charge(0);
        switch (left, right)
        {
            case (StringValue a, StringValue b):
                run.Charge(Math.Min(a.Value.Length, b.Value.Length));
                return PythonText.Compare(a.Value, b.Value);
            case (ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                run.Enter();
                int? order = CompareLists(run, operation, a, b);
                run.Leave();
                return order;
            case (UndefinedValue undefined, _):
                throw run.Fail(undefined.Hint);
            case (_, UndefinedValue undefined):
                throw run.Fail(undefined.Hint);
        }

        if (!Numbers.IsNumber(left) || !Numbers.IsNumber(right))
        {
            throw run.Fail($"'{operation}' does not take a {left.TypeName} and a {right.TypeName}");
        }

        return Numbers.TryCompare(left, right, out int result) ? result : null;
    }

    private static bool Contains(TemplateRun run, TemplateValue container, TemplateValue value)
    {
        switch (container)
        {
            case StringValue text:
                run.Charge(text.Value.Length);
                return value is StringValue part
                    ? text.Value.Contains(part.Value, StringComparison.Ordinal)
                    : throw run.Fail($"'in' a text needs a text, not a {value.TypeName}");
            case DictValue pairs:
                return pairs.TryGet(value, out _);
            default:
                foreach (TemplateValue item in run.Iterate(container))
                {
                    if (AreEqual(run, item, value))
                    {
                        return true;
                    }
                }

                return false;
        }
    }

    private static bool AreEqual(TemplateRun run, ListValue left, ListValue right)
    {
        if (left.Items.Count != right.Items.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Items.Count; i++)
        {
            if (!AreEqual(run, left.Items[i], right.Items[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreEqual(TemplateRun run, DictValue left, DictValue right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        foreach ((TemplateValue key, TemplateValue value) in left.Pairs)
        {
            if (!right.TryGet(key, out TemplateValue? other) || !AreEqual(run, value, other))
            {
                return false;
            }
        }

        return true;
    }

    private static int? CompareLists(TemplateRun run, string operation, ListValue left, ListValue right)
    {
        int length = Math.Min(left.Items.Count, right.Items.Count);
        for (int i = 0; i < length; i++)
        {
            if (!AreEqual(run, left.Items[i], right.Items[i]))
            {
                return Compare(run, operation, left.Items[i], right.Items[i]);
            }
        }

        return left.Items.Count - right.Items.Count;
    }
}
