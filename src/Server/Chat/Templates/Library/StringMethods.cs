using System.Text;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Python's methods of <c>str</c>.</summary>
internal static partial class StringMethods
{
    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>(StringComparer.Ordinal)
    {
        ["strip"] = (run, subject, arguments) => Strip(run, subject, arguments, start: true, end: true),
        ["lstrip"] = (run, subject, arguments) => Strip(run, subject, arguments, start: true, end: false),
        ["rstrip"] = (run, subject, arguments) => Strip(run, subject, arguments, start: false, end: true),
        ["upper"] = (run, subject, _) => run.Text(PythonText.ToUpper(Value(run, subject))),
        ["lower"] = (run, subject, _) => run.Text(Value(run, subject).ToLowerInvariant()),
        ["casefold"] = (run, subject, _) => run.Text(Value(run, subject).Replace("ß", "ss", StringComparison.Ordinal).ToLowerInvariant()),
        ["title"] = (run, subject, _) => run.Text(PythonText.Title(Value(run, subject))),
        ["capitalize"] = (run, subject, _) => run.Text(PythonText.Capitalize(Value(run, subject))),
        ["swapcase"] = SwapCase,
        ["startswith"] = (run, subject, arguments) => BeginsOrEnds(run, subject, arguments, (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = (run, subject, arguments) => BeginsOrEnds(run, subject, arguments, (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
        ["removeprefix"] = RemovePrefix,
        ["removesuffix"] = RemoveSuffix,
        ["replace"] = (run, subject, arguments) => ReplaceIn(run, subject, arguments),
        ["split"] = (run, subject, arguments) => Split(run, subject, arguments, fromEnd: false),
        ["rsplit"] = (run, subject, arguments) => Split(run, subject, arguments, fromEnd: true),
        ["splitlines"] = SplitLines,
        ["partition"] = (run, subject, arguments) => Partition(run, subject, arguments, fromEnd: false),
        ["rpartition"] = (run, subject, arguments) => Partition(run, subject, arguments, fromEnd: true),
        ["join"] = Join,
        ["find"] = (run, subject, arguments) => Find(run, subject, arguments, fromEnd: false, fails: false),
        ["rfind"] = (run, subject, arguments) => Find(run, subject, arguments, fromEnd: true, fails: false),
        ["index"] = (run, subject, arguments) => Find(run, subject, arguments, fromEnd: false, fails: true),
        ["rindex"] = (run, subject, arguments) => Find(run, subject, arguments, fromEnd: true, fails: true),
        ["count"] = Count,
        ["format"] = (run, subject, arguments) => BraceFormat.Apply(run, ((StringValue)subject).Value, arguments),
        ["ljust"] = (run, subject, arguments) => Justify(run, subject, arguments, 0, 1),
        ["rjust"] = (run, subject, arguments) => Justify(run, subject, arguments, 1, 1),
        ["center"] = (run, subject, arguments) => Justify(run, subject, arguments, 1, 2),
        ["zfill"] = ZeroFill,
        ["isspace"] = (run, subject, _) => AllRunes(run, subject, Rune.IsWhiteSpace),
        ["isdigit"] = (run, subject, _) => AllRunes(run, subject, Rune.IsDigit),
        ["isdecimal"] = (run, subject, _) => AllRunes(run, subject, Rune.IsDigit),
        ["isnumeric"] = (run, subject, _) => AllRunes(run, subject, Rune.IsNumber),
        ["isalpha"] = (run, subject, _) => AllRunes(run, subject, Rune.IsLetter),
        ["isalnum"] = (run, subject, _) => AllRunes(run, subject, rune => Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune)),
        ["isascii"] = (run, subject, _) => BoolValue.Of(Ascii.IsValid(Value(run, subject))),
        ["isupper"] = (run, subject, _) => HasCase(run, subject, Rune.IsUpper, Rune.IsLower),
        ["islower"] = (run, subject, _) => HasCase(run, subject, Rune.IsLower, Rune.IsUpper),
    };

    // Every method looks at the whole text, so that is charged where it is taken.
    private static string Value(TemplateRun run, TemplateValue subject)
    {
        string text = ((StringValue)subject).Value;
        run.Charge(text.Length);
        return text;
    }

    private static BoolValue AllRunes(TemplateRun run, TemplateValue subject, Func<Rune, bool> holds)
    {
        string text = Value(run, subject);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!holds(rune))
            {
                return BoolValue.False;
            }
        }

        return BoolValue.Of(text.Length > 0);
    }

    private static BoolValue HasCase(TemplateRun run, TemplateValue subject, Func<Rune, bool> wanted, Func<Rune, bool> other)
    {
        bool found = false;
        foreach (Rune rune in Value(run, subject).EnumerateRunes())
        {
            if (other(rune))
            {
                return BoolValue.False;
            }

            found |= wanted(rune);
        }

        return BoolValue.Of(found);
    }

    private static StringValue SwapCase(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        StringBuilder result = new();
        foreach (Rune rune in Value(run, subject).EnumerateRunes())
        {
            result.Append((Rune.IsUpper(rune) ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune)).ToString());
        }

        return run.Text(result.ToString());
    }

    private static StringValue Justify(TemplateRun run, TemplateValue subject, CallArguments arguments, int left, int of)
    {
        TemplateValue?[] values = arguments.Bind(run, "width", "fill");
        string fill = Given.TextOr(run, values[1], "the fill character", " ");
        if (fill.Length != 1)
        {
            throw run.Fail("the fill character must be one character");
        }

        return Pad(run, (StringValue)subject, Given.IntegerOr(run, values[0], "the width", 0), fill[0], left, of);
    }

    /// <summary>Fills up to a width, with a share of the filling on the left.</summary>
    public static StringValue Pad(TemplateRun run, StringValue text, int width, char fill, int left, int of)
    {
        int missing = Math.Max(0, width - text.CodePointCount);
        run.ChargeText(text.Value.Length + (long)missing);
        int before = missing * left / of;
        return new StringValue(new string(fill, before) + text.Value + new string(fill, missing - before));
    }

    private static StringValue ZeroFill(TemplateRun run, TemplateValue subject, CallArguments arguments)
    {
        StringValue text = (StringValue)subject;
        int width = Given.IntegerOr(run, arguments.Bind(run, "width")[0], "the width", 0);
        string sign = text.Value.Length > 0 && text.Value[0] is '+' or '-' ? text.Value[..1] : "";
        StringValue padded = Pad(run, new StringValue(text.Value[sign.Length..]), width - sign.Length, '0', 1, 1);
        return new StringValue(sign + padded.Value);
    }
}
