using System.Globalization;
using System.Text;
using Sparrow.Server.Chat.Templates.Execution;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>Python's <c>str()</c> and <c>repr()</c>.</summary>
internal static class ValueText
{
    /// <summary><c>str(value)</c>.</summary>
    public static string Display(TemplateRun run, TemplateValue value)
    {
        switch (value)
        {
            case StringValue text:
                return text.Value;
            case UndefinedValue:
                return "";
            default:
                StringBuilder result = new();
                AppendRepresentation(run, result, value);
                return result.ToString();
        }
    }

    /// <summary><c>repr(value)</c>.</summary>
    public static string Represent(TemplateRun run, TemplateValue value)
    {
        StringBuilder result = new();
        AppendRepresentation(run, result, value);
        return result.ToString();
    }

    public static string Format(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        // Shortest digits that read back, as both languages print them; Python writes an exponent below 1e-4 and from 1e16.
        string scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        int exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E') + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        (string digits, bool isNegative) = Digits(shortest);
        string sign = isNegative ? "-" : "";
        if (value == 0)
        {
            return sign + "0.0";
        }

        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        string whole = digits.Length > exponent + 1 ? digits[..(exponent + 1)] : digits.PadRight(exponent + 1, '0');
        string rest = digits.Length > exponent + 1 ? digits[(exponent + 1)..] : "0";
        return $"{sign}{whole}.{rest}";
    }

    // The significant digits of a printed number, without leading or trailing zeros.
    private static (string Digits, bool IsNegative) Digits(string printed)
    {
        int exponent = printed.IndexOf('E');
        string mantissa = exponent < 0 ? printed : printed[..exponent];
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('-').Trim('0');
        return (digits.Length == 0 ? "0" : digits, printed[0] == '-');
    }

    private static void AppendRepresentation(TemplateRun run, StringBuilder result, TemplateValue value)
    {
        run.Enter();
        int before = result.Length;
        switch (value)
        {
            case NoneValue:
                result.Append("None");
                break;
            case BoolValue truth:
                result.Append(truth.Value ? "True" : "False");
                break;
            case IntValue number:
                result.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue number:
                result.Append(Format(number.Value));
                break;
            case StringValue text:
                AppendQuoted(result, text.Value);
                break;
            case UndefinedValue:
                result.Append("Undefined");
                break;
            case ListValue list:
                AppendList(run, result, list);
                break;
            case DictValue pairs:
                AppendDict(run, result, pairs);
                break;
            default:
                result.Append('<').Append(value.TypeName).Append('>');
                break;
        }

        run.ChargeText(result.Length - before);
        run.Leave();
    }

    private static void AppendList(TemplateRun run, StringBuilder result, ListValue list)
    {
        result.Append(list.IsTuple ? '(' : '[');
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (i > 0)
            {
                result.Append(", ");
            }

            AppendRepresentation(run, result, list.Items[i]);
        }

        if (list.IsTuple && list.Items.Count == 1)
        {
            result.Append(',');
        }

        result.Append(list.IsTuple ? ')' : ']');
    }

    private static void AppendDict(TemplateRun run, StringBuilder result, DictValue pairs)
    {
        result.Append('{');
        for (int i = 0; i < pairs.Count; i++)
        {
            if (i > 0)
            {
                result.Append(", ");
            }

            AppendRepresentation(run, result, pairs.Pairs[i].Key);
            result.Append(": ");
            AppendRepresentation(run, result, pairs.Pairs[i].Value);
        }

        result.Append('}');
    }

    // Single quotes, unless the text has some and no double ones; what does not print is escaped.
    private static void AppendQuoted(StringBuilder result, string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        result.Append(quote);
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '\\':
                    result.Append("\\\\");
                    break;
                case '\n':
                    result.Append("\\n");
                    break;
                case '\r':
                    result.Append("\\r");
                    break;
                case '\t':
                    result.Append("\\t");
                    break;
                case int code when code == quote:
                    result.Append('\\').Append(quote);
                    break;
                case int code when IsPrintable(rune):
                    result.Append(rune.ToString());
                    break;
                case <= 0xff:
                    result.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture));
                    break;
                case <= 0xffff:
                    result.Append("\\u").Append(rune.Value.ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    result.Append("\\U").Append(rune.Value.ToString("x8", CultureInfo.InvariantCulture));
                    break;
            }
        }

        result.Append(quote);
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
