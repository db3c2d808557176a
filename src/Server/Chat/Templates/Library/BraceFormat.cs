using System.Numerics;
using System.Text;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary><c>"{} is {age:3d}".format(name, age=3)</c>. Attributes and elements inside a field go the way of the template's own.</summary>
internal static class BraceFormat
{
    public static StringValue Apply(TemplateRun run, string format, CallArguments arguments)
    {
        StringBuilder result = new();
        int automatic = 0;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(c);
                i++;
            }
            else if (c == '{')
            {
                int end = format.IndexOf('}', i);
                if (end < 0)
                {
                    throw run.Fail("a format's field is not closed");
                }

                result.Append(FormatField(run, format[(i + 1)..end], arguments, ref automatic));
                i = end;
            }
            else
            {
                result.Append(c != '}' ? c : throw run.Fail("a format has a single '}'"));
            }

            run.CheckLength(result.Length);
        }

        return run.Text(result.ToString());
    }

    private static string FormatField(TemplateRun run, string field, CallArguments arguments, ref int automatic)
    {
        int colon = field.IndexOf(':');
        string specText = colon < 0 ? "" : field[(colon + 1)..];
        string path = colon < 0 ? field : field[..colon];
        int mark = path.IndexOf('!');
        string conversion = mark < 0 ? "" : path[(mark + 1)..];
        TemplateValue value = Find(run, mark < 0 ? path : path[..mark], arguments, ref automatic);
        value = conversion switch
        {
            "" => value,
            "s" => new StringValue(run.ToText(value)),
            "r" or "a" => new StringValue(ValueText.Represent(run, value)),
            _ => throw run.Fail($"unknown conversion '!{conversion}' in a format"),
        };
        return Format(run, value, specText);
    }

    private static TemplateValue Find(TemplateRun run, string path, CallArguments arguments, ref int automatic)
    {
        int end = path.IndexOfAny(['.', '[']);
        string first = end < 0 ? path : path[..end];
        string rest = end < 0 ? "" : path[end..];
        TemplateValue? value = null;
        int at = 0;
        if (first.Length == 0)
        {
            at = automatic++;
        }

        if (first.Length == 0 || int.TryParse(first, out at))
        {
            value = at >= 0 && at < arguments.Positional.Count ? arguments.Positional[at] : throw run.Fail("a format has more places than there are values");
        }
        else
        {
            foreach ((string name, TemplateValue named) in arguments.Named)
            {
                value = name == first ? named : value;
            }
        }

        value = value ?? throw run.Fail($"the format's '{first}' is not among the values");
        while (rest.Length > 0)
        {
            if (rest[0] == '[')
            {
                int close = rest.IndexOf(']');
                if (close < 0)
                {
                    throw run.Fail("a format's field is not closed");
                }

                string key = rest[1..close];
                value = run.GetItem(value, BigInteger.TryParse(key, out BigInteger index) ? new IntValue(index) : new StringValue(key));
                rest = rest[(close + 1)..];
            }
            else
            {
                int next = rest.IndexOfAny(['.', '['], 1);
                string name = next < 0 ? rest[1..] : rest[1..next];
                value = run.GetAttribute(value, rest[0] == '.' ? name : throw run.Fail("a format's field is broken"));
                rest = next < 0 ? "" : rest[next..];
            }
        }

        return value;
    }

    private static string Format(TemplateRun run, TemplateValue value, string text)
    {
        if (text.Length == 0)
        {
            return run.ToText(value);
        }

        FormatSpec spec = new();
        int i = 0;
        char kind = Read(text, ref i, spec);
        if (i < text.Length)
        {
            throw run.Fail($"'{text}' is no format");
        }

        return (kind, value) switch
        {
            ('s' or '\0', StringValue s) => spec.FormatText(run, s.Value, '<'),
            ('d' or 'x' or 'X' or 'o' or 'b' or '\0', IntValue number) => spec.FormatInteger(run, number.Value, kind == '\0' ? 'd' : kind),
            ('d' or 'x' or 'X' or 'o' or 'b', BoolValue truth) => spec.FormatInteger(run, truth.Value ? 1 : 0, kind),
            ('f' or 'F' or 'e' or 'E' or 'g' or 'G' or '%', IntValue or FloatValue or BoolValue) => spec.FormatFloat(run, Numbers.ToDouble(value), kind),
            ('\0', FloatValue number) => spec.Precision is null ? spec.FormatPlain(run, number.Value) : spec.FormatFloat(run, number.Value, 'g'),
            ('\0', BoolValue) => spec.FormatText(run, run.ToText(value), '<'),
            _ => throw run.Fail($"'{text}' does not format a {value.TypeName}"),
        };
    }

    // [[fill]align][sign][#][0][width][grouping][.precision][type]
    private static char Read(string text, ref int i, FormatSpec spec)
    {
        if (text.Length > 1 && text[1] is '<' or '>' or '^' or '=')
        {
            spec.Fill = text[0];
            spec.Align = text[1];
            i = 2;
        }
        else if (text[0] is '<' or '>' or '^' or '=')
        {
            spec.Align = text[0];
            i = 1;
        }

        if (i < text.Length && text[i] is '+' or '-' or ' ')
        {
            spec.Sign = text[i] == '-' ? '\0' : text[i];
            i++;
        }

        spec.Alternate = Take(text, ref i, '#');
        spec.ZeroPad = Take(text, ref i, '0');
        spec.Width = FormatSpec.ReadInteger(text, ref i) ?? 0;
        if (i < text.Length && text[i] is ',' or '_')
        {
            spec.Grouping = text[i++];
        }

        if (Take(text, ref i, '.'))
        {
            spec.Precision = FormatSpec.ReadInteger(text, ref i) ?? 0;
        }

        return i < text.Length ? text[i++] : '\0';
    }

    private static bool Take(string text, ref int i, char wanted)
    {
        bool found = i < text.Length && text[i] == wanted;
        i += found ? 1 : 0;
        return found;
    }
}
