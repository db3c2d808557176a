using System.Globalization;
using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Filters that make or take numbers.</summary>
internal static partial class Filters
{
    private static TemplateValue Abs(TemplateRun run, TemplateValue value, CallArguments arguments) => value switch
    {
        FloatValue number => new FloatValue(Math.Abs(number.Value)),
        _ when Numbers.TryGetInteger(value, out BigInteger integer) => new IntValue(BigInteger.Abs(integer)),
        UndefinedValue undefined => throw run.Fail(undefined.Hint),
        _ => throw run.Fail($"abs does not take a {value.TypeName}"),
    };

    private static TemplateValue Int(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "default", "base");
        int radix = Given.IntegerOr(run, values[1], "the base", 10);
        TemplateValue otherwise = values[0] ?? new IntValue(0);
        switch (value)
        {
            case StringValue text when ReadInteger(PythonText.Trim(text.Value), radix) is { } integer:
                return new IntValue(integer);
            case StringValue text when TryReadFloat(text.Value, out double number) && double.IsFinite(number):
                return new IntValue(new BigInteger(Math.Truncate(number)));
            case FloatValue number when double.IsFinite(number.Value):
                return new IntValue(new BigInteger(Math.Truncate(number.Value)));
            case UndefinedValue undefined:
                throw run.Fail(undefined.Hint);
            default:
                return Numbers.TryGetInteger(value, out BigInteger whole) ? new IntValue(whole) : otherwise;
        }
    }

    private static TemplateValue Float(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue otherwise = arguments.Bind(run, "default")[0] ?? new FloatValue(0);
        Given.RefuseUndefined(run, value);
        return value switch
        {
            StringValue text => TryReadFloat(text.Value, out double number) ? new FloatValue(number) : otherwise,
            _ => Numbers.IsNumber(value) ? new FloatValue(Numbers.ToDouble(value)) : otherwise,
        };
    }

    private static FloatValue Round(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "precision", "method");
        int precision = Math.Clamp(Given.IntegerOr(run, values[0], "the precision", 0), -300, 300);
        Given.RefuseUndefined(run, value);
        if (!Numbers.IsNumber(value))
        {
            throw run.Fail($"round does not take a {value.TypeName}");
        }

        double number = Numbers.ToDouble(value);
        double scale = Math.Pow(10, precision);
        return new FloatValue(Given.TextOr(run, values[1], "the method", "common") switch
        {
            "common" when precision is >= 0 and <= 15 => Math.Round(number, precision, MidpointRounding.ToEven),
            "common" => precision > 15 ? number : Math.Round(number * scale, MidpointRounding.ToEven) / scale,
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw run.Fail("the method must be common, ceil or floor"),
        });
    }

    private static TemplateValue Sum(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "attribute", "start");
        TemplateValue total = values[1] ?? new IntValue(0);
        foreach (TemplateValue item in run.Iterate(value))
        {
            total = Arithmetic.Apply(run, "+", total, values[0] is null or NoneValue ? item : ReadPath(run, item, values[0]!));
        }

        return total;
    }

    private static BigInteger? ReadInteger(string text, int radix)
    {
        if (text.Length is 0 or > IntValue.MaxBits / 4 || radix is < 2 or > 36)
        {
            return null;
        }

        bool isNegative = text[0] == '-';
        string digits = text[0] is '-' or '+' ? text[1..] : text;
        string prefix = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => "" };
        if (prefix.Length > 0 && digits.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        {
            digits = digits[2..];
        }

        BigInteger number = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10 : 99;
            if (digit >= radix)
            {
                return null;
            }

            number = (number * radix) + digit;
        }

        return digits.Length == 0 ? null : isNegative ? -number : number;
    }

    private static bool TryReadFloat(string text, out double number) =>
        double.TryParse(PythonText.Trim(text), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
