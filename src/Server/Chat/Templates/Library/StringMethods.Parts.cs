using System.Text;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Methods that look for parts of a text, cut it, or put it together.</summary>
internal static partial class StringMethods
{
    /// <summary><c>replace(old, new, count)</c>, as method and as filter.</summary>
    public static StringValue ReplaceIn(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "old", "new", "count");
        string text = Value(run, subject);
        string old = Given.Text(run, values[0], "the text to replace");
        string replacement = Given.Text(run, values[1], "the replacement");
        int count = values[2] is null or NoneValue ? -1 : Given.IntegerOr(run, values[2], "the count", -1);
        StringBuilder result = new();
        int position = 0;
        for (; count != 0; count--)
        {
            int found = position <= text.Length ? text.IndexOf(old, position, StringComparison.Ordinal) : -1;
            if (found < 0)
            {
                break;
            }

            result.Append(text, position, found - position).Append(replacement);
            position = found + old.Length;
            if (old.Length == 0)
            {
                // An empty text is found before every character and at the end.
                result.Append(text, found, found < text.Length ? 1 : 0);
                position = found + 1;
            }

            run.Charge(replacement.Length);
            run.CheckLength(result.Length);
        }

        return run.Text(result.Append(text, Math.Min(position, text.Length), Math.Max(0, text.Length - position)).ToString());
    }

    private static StringValue Strip(TemplateRun run, TemplateValue subject, CallArguments arguments, bool start, bool end)
    {
        string text = Value(run, subject);
        TemplateValue? characters = arguments.Bind(run, "chars")[0];
        if (characters is null or NoneValue)
        {
            text = start ? PythonText.TrimStart(text) : text;
            return new StringValue(end ? PythonText.TrimEnd(text) : text);
        }

        string set = Given.Text(run, characters, "the characters to strip");
        run.Charge(set.Length);
        return new StringValue(PythonText.Trim(text, set, start, end));
    }

    private static BoolValue BeginsOrEnds(TemplateRun run, TemplateValue subject, CallArguments arguments, Func<string, string, bool> holds)
    {
        TemplateValue? part = arguments.Bind(run, "part")[0];
        string text = ((StringValue)subject).Value;
        IReadOnlyList<TemplateValue> parts = part is ListValue { IsTuple: true } several ? several.Items : [part ?? NoneValue.Instance];
        foreach (TemplateValue candidate in parts)
        {
            string wanted = Given.Text(run, candidate, "the part to look for");
            run.Charge(wanted.Length);
            if (holds(text, wanted))
            {
                return BoolValue.True;
            }
        }

        return BoolValue.False;
    }

    private static TemplateValue RemovePrefix(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        string prefix = Given.Text(run, arguments.Bind(run, "prefix")[0], "the prefix");
        string text = Value(run, subject);
        return text.StartsWith(prefix, StringComparison.Ordinal) ? new StringValue(text[prefix.Length..]) : subject;
    }

    private static TemplateValue RemoveSuffix(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        string suffix = Given.Text(run, arguments.Bind(run, "suffix")[0], "the suffix");
        string text = Value(run, subject);
        return text.EndsWith(suffix, StringComparison.Ordinal) ? new StringValue(text[..^suffix.Length]) : subject;
    }

    private static ListValue Split(TemplateRun run, TemplateValue subject, CallArguments arguments, bool fromEnd)
    {
        TemplateValue?[] values = arguments.Bind(run, "sep", "maxsplit");
        string text = Value(run, subject);
        int most = Given.IntegerOr(run, values[1], "the number of cuts", -1);
        most = most < 0 ? int.MaxValue : most;
        List<string> parts;
        if (values[0] is null or NoneValue)
        {
            parts = fromEnd ? SplitAtSpacesFromEnd(text, most) : SplitAtSpaces(text, most);
        }
        else
        {
            string separator = Given.Text(run, values[0], "the separator");
            if (separator.Length == 0)
            {
                throw run.Fail("the separator is empty");
            }

            parts = fromEnd ? SplitFromEnd(text, separator, most) : [.. text.Split(separator, most == int.MaxValue ? most : most + 1)];
        }

        run.Charge(parts.Count * 4L);
        return new ListValue([.. parts.Select(part => new StringValue(part))]);
    }

    private static List<string> SplitFromEnd(string text, string separator, int most)
    {
        List<string> parts = [];
        int end = text.Length;
        while (parts.Count < most)
        {
            int found = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);
            if (found < 0)
            {
                break;
            }

            parts.Add(text[(found + separator.Length)..end]);
            end = found;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static List<string> SplitAtSpaces(string text, int most)
    {
        List<string> parts = [];
        int i = 0;
        while (true)
        {
            while (i < text.Length && PythonText.IsSpace(text[i]))
            {
                i++;
            }

            if (i == text.Length)
            {
                return parts;
            }

            if (parts.Count == most)
            {
                parts.Add(text[i..]);
                return parts;
            }

            int begin = i;
            while (i < text.Length && !PythonText.IsSpace(text[i]))
            {
                i++;
            }

            parts.Add(text[begin..i]);
        }
    }

    private static List<string> SplitAtSpacesFromEnd(string text, int most)
    {
        List<string> parts = [];
        int i = text.Length;
        while (true)
        {
            while (i > 0 && PythonText.IsSpace(text[i - 1]))
            {
                i--;
            }

            if (i == 0)
            {
                break;
            }

            if (parts.Count == most)
            {
                parts.Add(text[..i]);
                break;
            }

            int end = i;
            while (i > 0 && !PythonText.IsSpace(text[i - 1]))
            {
                i--;
            }

            parts.Add(text[i..end]);
        }

        parts.Reverse();
        return parts;
    }

    private static ListValue SplitLines(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        bool keepsEnds = Given.Truth(arguments.Bind(run, "keepends")[0]);
        List<string> lines = PythonText.SplitLines(Value(run, subject), keepsEnds);
        run.Charge(lines.Count * 4L);
        return new ListValue([.. lines.Select(line => new StringValue(line))]);
    }

    private static ListValue Partition(TemplateRun run, TemplateValue subject, CallArguments arguments, bool fromEnd)
    {
        string text = Value(run, subject);
        string separator = Given.Text(run, arguments.Bind(run, "sep")[0], "the separator");
        if (separator.Length == 0)
        {
            throw run.Fail("the separator is empty");
        }

        int found = fromEnd ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        string[] parts = found >= 0
            ? [text[..found], separator, text[(found + separator.Length)..]]
            : fromEnd ? ["", "", text] : [text, "", ""];
        return new ListValue([.. parts.Select(part => new StringValue(part))], isTuple: true);
    }

    private static StringValue Join(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        TemplateValue items = arguments.Bind(run, "items")[0] ?? throw run.Fail("join needs a list");
        List<string> parts = [];
        foreach (TemplateValue item in run.Iterate(items))
        {
            parts.Add(Given.Text(run, item, "each joined item"));
        }

        return JoinParts(run, ((StringValue)subject).Value, parts);
    }

    /// <summary>Joins texts, the length checked first.</summary>
    public static StringValue JoinParts(TemplateRun run, string separator, List<string> parts)
    {
        run.ChargeText(parts.Sum(part => (long)part.Length) + ((long)separator.Length * Math.Max(0, parts.Count - 1)));
        run.Charge(parts.Count);
        return new StringValue(string.Join(separator, parts));
    }

    private static IntValue Find(TemplateRun run, TemplateValue subject, CallArguments arguments, bool fromEnd, bool fails)
    {
        string text = Value(run, subject);
        string part = Given.Text(run, arguments.Bind(run, "part")[0], "the part to look for");
        int found = fromEnd ? text.LastIndexOf(part, StringComparison.Ordinal) : text.IndexOf(part, StringComparison.Ordinal);
        if (found < 0 && fails)
        {
            throw run.Fail("the part is not in the text");
        }

        return new IntValue(found <= 0 ? found : new StringValue(text[..found]).CodePointCount);
    }

    private static IntValue Count(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        string text = Value(run, subject);
        string part = Given.Text(run, arguments.Bind(run, "part")[0], "the part to count");
        return new IntValue(part.Length == 0 ? ((StringValue)subject).CodePointCount + 1 : text.AsSpan().Count(part));
    }
}
