using System.Text;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Filters over texts.</summary>
internal static partial class Filters
{
    private static StringValue Trim(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue? characters = arguments.Bind(run, "chars")[0];
        string text = run.ToText(value);
        return run.Text(characters is null or NoneValue
            ? PythonText.Trim(text)
            : PythonText.Trim(text, Given.Text(run, characters, "the characters to strip"), start: true, end: true));
    }

    private static StringValue Center(TemplateRun run, TemplateValue value, CallArguments arguments) =>
        StringMethods.Pad(run, new StringValue(run.ToText(value)), Given.IntegerOr(run, arguments.Bind(run, "width")[0], "the width", 80), ' ', 1, 2);

    private static StringValue FormatText(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        if (arguments.Named.Count == 0)
        {
            return PercentFormat.Apply(run, run.ToText(value), new ListValue(arguments.Positional, isTuple: true));
        }

        DictValue named = new();
        foreach ((string name, TemplateValue argument) in arguments.Named)
        {
            named.Set(name, argument);
        }

        return PercentFormat.Apply(run, run.ToText(value), named);
    }

    private static StringValue Escape(TemplateRun run, TemplateValue value, CallArguments arguments) => run.Text(new StringBuilder(run.ToText(value))
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("'", "&#39;").Replace("\"", "&#34;").ToString());

    private static StringValue Indent(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "width", "first", "blank");
        int width = values[0] is StringValue ? 0 : Math.Max(0, Given.IntegerOr(run, values[0], "the width", 4));
        run.CheckLength(width);
        string indentation = values[0] is StringValue given ? given.Value : new string(' ', width);
        bool indentsBlank = Given.Truth(values[2]);
        List<string> lines = PythonText.SplitLines(Given.Text(run, value, "what is indented") + "\n", keepsEnds: false);
        StringBuilder result = new(Given.Truth(values[1]) ? indentation : "");
        for (int i = 0; i < lines.Count; i++)
        {
            result.Append(i > 0 ? "\n" : "").Append(i > 0 && (indentsBlank || lines[i].Length > 0) ? indentation : "").Append(lines[i]);
            run.Charge(indentation.Length);
            run.CheckLength(result.Length);
        }

        return run.Text(result.ToString());
    }

    // A word begins after whitespace, a dash or an opening bracket.
    private static StringValue Title(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        StringBuilder result = new();
        bool begins = true;
        foreach (Rune rune in run.ToText(value).EnumerateRunes())
        {
            bool separates = rune.IsBmp && ((char)rune.Value is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace((char)rune.Value));
            result.Append(begins && !separates ? PythonText.ToUpper(rune.ToString()) : Rune.ToLowerInvariant(rune).ToString());
            begins = separates;
        }

        return run.Text(result.ToString());
    }

    private static StringValue Truncate(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        TemplateValue?[] values = arguments.Bind(run, "length", "killwords", "end", "leeway");
        StringValue text = new(run.ToText(value));
        int length = Given.IntegerOr(run, values[0], "the length", 255);
        string end = Given.TextOr(run, values[2], "the ending", "...");
        int leeway = Given.IntegerOr(run, values[3], "the leeway", 5);
        if (length < end.Length || leeway < 0)
        {
            throw run.Fail("the length is less than that of the ending");
        }

        if (text.CodePointCount <= length + (long)leeway)
        {
            return text;
        }

        string kept = ((StringValue)Sequences.Slice(run, text, NoneValue.Instance, new IntValue(length - end.Length), NoneValue.Instance)).Value;
        int lastSpace = kept.LastIndexOf(' ');
        return run.Text((Given.Truth(values[1]) || lastSpace < 0 ? kept : kept[..lastSpace]) + end);
    }

    private static IntValue WordCount(TemplateRun run, TemplateValue value, CallArguments arguments)
    {
        int count = 0;
        bool inWord = false;
        foreach (Rune rune in run.Text(run.ToText(value)).Value.EnumerateRunes())
        {
            bool isWord = Rune.IsLetterOrDigit(rune) || rune.Value == '_';
            count += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }

        return new IntValue(count);
    }
}
