using System.Globalization;
using System.Numerics;
using System.Text;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary><c>"%s is %d" % (name, number)</c>: Python's printf formatting.</summary>
internal static class PercentFormat
{
    public static StringValue Apply(TemplateRun run, string format, TemplateValue arguments)
    {
        IReadOnlyList<TemplateValue> values = arguments is ListValue { IsTuple: true } tuple ? tuple.Items : [arguments];
        StringBuilder result = new();
        int next = 0;
        bool usedNames = false;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            FormatSpec spec = new();
            string? name = ReadName(run, format, ref i);
            i++;
            char kind = ReadSpec(run, format, ref i, spec);
            if (kind == '%')
            {
                result.Append('%');
                continue;
            }

            TemplateValue value;
            if (name is not null)
            {
                usedNames = true;
                value = arguments is DictValue pairs && pairs.TryGet(new StringValue(name), out TemplateValue? found)
                    ? found
                    : throw run.Fail($"the format's '{name}' is not among the values");
            }
            else
            {
                value = next < values.Count ? values[next++] : throw run.Fail("the format has more places than there are values");
            }

            result.Append(Convert(run, kind, value, spec));
            run.CheckLength(result.Length);
        }

        if (!usedNames && next < values.Count && arguments is not DictValue)
        {
            throw run.Fail("the format has fewer places than there are values");
        }

        return run.Text(result.ToString());
    }

    private static string? ReadName(TemplateRun run, string format, ref int i)
    {
        if (i + 1 >= format.Length || format[i + 1] != '(')
        {
            return null;
        }

        int end = format.IndexOf(')', i);
        if (end < 0)
        {
            throw run.Fail("the format is incomplete");
        }

        string name = format[(i + 2)..end];
        i = end;
        return name;
    }

    private static char ReadSpec(TemplateRun run, string format, ref int i, FormatSpec spec)
    {
        for (; i < format.Length && format[i] is '-' or '+' or ' ' or '0' or '#'; i++)
        {
            switch (format[i])
            {
                case '-':
                    spec.Align = '<';
                    break;
                case '0':
                    spec.ZeroPad = true;
                    break;
                case '#':
                    spec.Alternate = true;
                    break;
                default:
                    spec.Sign = format[i];
                    break;
            }
        }

        spec.Width = FormatSpec.ReadInteger(format, ref i) ?? 0;
        if (i < format.Length && format[i] == '.')
        {
            i++;
            spec.Precision = FormatSpec.ReadInteger(format, ref i) ?? 0;
        }

        return i < format.Length ? format[i] : throw run.Fail("the format is incomplete");
    }

    private static string Convert(TemplateRun run, char kind, TemplateValue value, FormatSpec spec)
    {
        switch (kind)
        {
            case 's':
                return spec.FormatText(run, run.ToText(value), '>');
            case 'r' or 'a':
                return spec.FormatText(run, ValueText.Represent(run, value), '>');
            case 'c' when value is StringValue:
                return spec.FormatText(run, run.ToText(value), '>');
            case 'd' or 'i' or 'u' when Numbers.IsNumber(value):
                BigInteger number = value is FloatValue real ? Whole(run, real.Value) : Numbers.TryGetInteger(value, out BigInteger x) ? x : 0;
                return spec.FormatInteger(run, number, 'd');
            case 'x' or 'X' or 'o' when Numbers.TryGetInteger(value, out BigInteger integer):
                return spec.FormatInteger(run, integer, kind);
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G' when Numbers.IsNumber(value):
                return spec.FormatFloat(run, Numbers.ToDouble(value), kind);
            default:
                Given.RefuseUndefined(run, value);
                throw run.Fail(string.Create(CultureInfo.InvariantCulture, $"'%{kind}' does not take a {value.TypeName}"));
        }
    }

    private static BigInteger Whole(TemplateRun run, double value) =>
        double.IsFinite(value) ? new BigInteger(Math.Truncate(value)) : throw run.Fail("the number is not finite");
}
