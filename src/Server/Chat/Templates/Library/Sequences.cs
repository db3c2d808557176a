using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Elements and slices of texts and lists; negative positions count from the end.</summary>
internal static class Sequences
{
    /// <summary>Null where there is no such element.</summary>
    public static TemplateValue? ElementAt(TemplateRun run, TemplateValue value, BigInteger index)
    {
        int count = value is StringValue text ? text.CodePointCount : ((ListValue)value).Items.Count;
        BigInteger place = index.Sign < 0 ? index + count : index;
        if (place.Sign < 0 || place >= count)
        {
            return null;
        }

        int at = (int)place;
        switch (value)
        {
            case StringValue { HasSurrogates: false } plain:
                return new StringValue(plain.Value[at].ToString());
            case StringValue wide:
                run.Charge(wide.Value.Length * 8L);
                return wide.Split()[at];
            default:
                return ((ListValue)value).Items[at];
        }
    }

    /// <summary>Python's <c>value[start:stop:step]</c>.</summary>
    public static TemplateValue Slice(TemplateRun run, TemplateValue value, TemplateValue start, TemplateValue stop, TemplateValue step)
    {
        if (value is not (StringValue or ListValue))
        {
            throw run.Fail(value is UndefinedValue undefined ? undefined.Hint : $"a {value.TypeName} has no slices");
        }

        int count = value is StringValue text ? text.CodePointCount : ((ListValue)value).Items.Count;
        BigInteger stride = step is NoneValue ? 1 : Position(run, step);
        if (stride.IsZero)
        {
            throw run.Fail("a slice's step is zero");
        }

        bool forward = stride.Sign > 0;
        int low = forward ? 0 : -1;
        int high = forward ? count : count - 1;
        long from = start is NoneValue ? (forward ? low : high) : Clamp(Position(run, start), count, low, high);
        long to = stop is NoneValue ? (forward ? high : low) : Clamp(Position(run, stop), count, low, high);
        long by = (long)BigInteger.Clamp(stride, -(long)count - 1, (long)count + 1);
        if (value is StringValue { HasSurrogates: false } plain && by == 1)
        {
            int length = (int)Math.Max(0, to - from);
            run.Charge(length);
            return new StringValue(length == 0 ? "" : plain.Value.Substring((int)from, length));
        }

        IReadOnlyList<TemplateValue> items = value is StringValue ? run.Iterate(value) : ((ListValue)value).Items;
        List<TemplateValue> taken = [];
        for (long i = from; forward ? i < to : i > to; i += by)
        {
            taken.Add(items[(int)i]);
        }

        run.Charge(taken.Count);
        return value is ListValue list
            ? new ListValue(taken, list.IsTuple)
            : new StringValue(string.Concat(taken.Select(item => ((StringValue)item).Value)));
    }

    private static BigInteger Position(TemplateRun run, TemplateValue value) =>
        Numbers.TryGetInteger(value, out BigInteger position) ? position : throw run.Fail($"a slice needs integers, not a {value.TypeName}");

    private static long Clamp(BigInteger position, int count, int low, int high) =>
        (long)BigInteger.Clamp(position.Sign < 0 ? position + count : position, low, high);
}
