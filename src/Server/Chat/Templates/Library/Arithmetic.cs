using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Operators on numbers, texts and lists, as Python defines them.</summary>
internal static class Arithmetic
{
    public static TemplateValue Negate(TemplateRun run, TemplateValue operand, bool isMinus)
    {
        RefuseUndefined(run, operand);
        if (Numbers.TryGetInteger(operand, out BigInteger integer))
        {
            return new IntValue(isMinus ? -integer : integer);
        }

        return operand is FloatValue number
            ? new FloatValue(isMinus ? -number.Value : number.Value)
            : throw run.Fail($"'{(isMinus ? '-' : '+')}' does not take a {operand.TypeName}");
    }

    public static TemplateValue Apply(TemplateRun run, string operation, TemplateValue left, TemplateValue right)
    {
        RefuseUndefined(run, left);
        switch (operation, left, right)
        {
            case ("%", StringValue format, _):
                return PercentFormat.Apply(run, format.Value, right);
            case ("+", StringValue a, StringValue b):
                run.ChargeText((long)a.Value.Length + b.Value.Length);
                return new StringValue(a.Value + b.Value);
            case ("+", ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                run.Charge((long)a.Items.Count + b.Items.Count);
                return new ListValue([.. a.Items, .. b.Items], a.IsTuple);
            case ("*", StringValue or ListValue, IntValue or BoolValue):
                return Repeat(run, left, right);
            case ("*", IntValue or BoolValue, StringValue or ListValue):
                return Repeat(run, right, left);
        }

        RefuseUndefined(run, right);
        if (!Numbers.IsNumber(left) || !Numbers.IsNumber(right))
        {
            throw run.Fail($"'{operation}' does not take a {left.TypeName} and a {right.TypeName}");
        }

        return Numbers.TryGetInteger(left, out BigInteger x) && Numbers.TryGetInteger(right, out BigInteger y)
            ? ApplyToIntegers(run, operation, x, y)
            : ApplyToFloats(run, operation, Numbers.ToDouble(left), Numbers.ToDouble(right));
    }

    private static TemplateValue ApplyToIntegers(TemplateRun run, string operation, BigInteger x, BigInteger y)
    {
        switch (operation)
        {
            case "+":
                return Integer(run, x + y);
            case "-":
                return Integer(run, x - y);
            case "*":
                return Integer(run, x * y);
            case "**" when y.Sign >= 0:
                if (x.GetBitLength() > 1 && y * x.GetBitLength() > IntValue.MaxBits)
                {
                    throw run.Fail("a number is too large");
                }

                // Only 0, 1 and -1 have powers that large, and those depend on whether the exponent is odd.
                return Integer(run, BigInteger.Pow(x, y > IntValue.MaxBits ? (y.IsEven ? 2 : 1) : (int)y));
            case "**":
                return ApplyToFloats(run, operation, (double)x, (double)y);
        }

        if (y.IsZero)
        {
            throw run.Fail("division by zero");
        }

        if (operation == "/")
        {
            return new FloatValue((double)x / (double)y);
        }

        BigInteger quotient = BigInteger.DivRem(x, y, out BigInteger remainder);
        bool roundsUp = !remainder.IsZero && remainder.Sign != y.Sign;
        return new IntValue(operation == "//" ? (roundsUp ? quotient - 1 : quotient) : (roundsUp ? remainder + y : remainder));
    }

    private static FloatValue ApplyToFloats(TemplateRun run, string operation, double x, double y)
    {
        if (y == 0 && operation is "/" or "//" or "%")
        {
            throw run.Fail("division by zero");
        }

        return new FloatValue(operation switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Floor(x / y),
            "%" => x - (y * Math.Floor(x / y)),
            _ => Math.Pow(x, y),
        });
    }

    private static IntValue Integer(TemplateRun run, BigInteger value) =>
        value.GetBitLength() <= IntValue.MaxBits ? new IntValue(value) : throw run.Fail("a number is too large");

    private static TemplateValue Repeat(TemplateRun run, TemplateValue value, TemplateValue times)
    {
        Numbers.TryGetInteger(times, out BigInteger wanted);
        int count = wanted.Sign <= 0 ? 0 : wanted > int.MaxValue ? int.MaxValue : (int)wanted;
        if (value is StringValue text)
        {
            run.ChargeText((long)text.Value.Length * count);
            return new StringValue(text.Value.Length == 0 ? "" : new System.Text.StringBuilder().Insert(0, text.Value, count).ToString());
        }

        ListValue list = (ListValue)value;
        long length = (long)list.Items.Count * count;
        run.ChargeText(length);
        List<TemplateValue> items = new((int)length);
        for (int i = 0; list.Items.Count > 0 && i < count; i++)
        {
            items.AddRange(list.Items);
        }

        return new ListValue(items, list.IsTuple);
    }

    private static void RefuseUndefined(TemplateRun run, TemplateValue value)
    {
        if (value is UndefinedValue undefined)
        {
            throw run.Fail(undefined.Hint);
        }
    }
}
