using System.Globalization;
using System.Text;
using Sparrow.Runtime.Tokenization.PreTokenization;

namespace Sparrow.Runtime.Tokenization.Reading;

internal sealed partial class HuggingFaceReader
{
    private static PreTokenizer BuildPreTokenizer(JsonSection section)
    {
        switch (section.Type)
        {
            case "Sequence":
                return new SequencePreTokenizer([.. section.Children("pretokenizers").Select(BuildPreTokenizer)]);
            case "ByteLevel":
                List<PreTokenizer> steps = [];
                if (section.Flag("add_prefix_space", otherwise: true))
                {
                    steps.Add(new PrefixSpacePreTokenizer());
                }

                if (section.Flag("use_regex", otherwise: true))
                {
                    steps.Add(new SplitPreTokenizer(new Gpt2Pattern(), SplitBehavior.Isolated));
                }

                return new SequencePreTokenizer(steps);
            case "Split":
                JsonSection pattern = section.Child("pattern");
                TextPattern text = pattern.Has("String")
                    ? new LiteralPattern(pattern.Text("String"))
                    : KnownPatterns.Find(pattern.Text("Regex")) ?? throw pattern.Fail("this pattern is not supported", "Regex", found: pattern.Text("Regex"));
                return new SplitPreTokenizer(text, Behavior(section, SplitBehavior.Isolated), section.Flag("invert", otherwise: false));
            case "Digits":
                return new SplitPreTokenizer(
                    ClassPattern.Numbers(section.Flag("individual_digits", otherwise: false) ? 1 : int.MaxValue), SplitBehavior.Isolated);
            case "Punctuation":
                return new SplitPreTokenizer(new ClassPattern(IsPunctuation, max: 1), Behavior(section, SplitBehavior.Isolated));
            case "WhitespaceSplit":
                return new SplitPreTokenizer(new ClassPattern(Rune.IsWhiteSpace), SplitBehavior.Removed);
            case "Whitespace":
                return new SequencePreTokenizer(
                [
                    new SplitPreTokenizer(new ClassPattern(Rune.IsWhiteSpace), SplitBehavior.Removed),
                    new SplitPreTokenizer(new ClassPattern(IsWord), SplitBehavior.Isolated),
                ]);
            case "CharDelimiterSplit":
                return new SplitPreTokenizer(new LiteralPattern(section.Text("delimiter")), SplitBehavior.Removed);
            case "Metaspace":
                return BuildMetaspace(section);
            default:
                throw section.Unsupported("pre-tokenizer");
        }
    }

    private static MetaspacePreTokenizer BuildMetaspace(JsonSection section)
    {
        string mark = section.OptionalText("replacement") ?? "▁";
        if (mark.Length != 1)
        {
            throw section.Fail("has another length", "replacement", "one character", mark);
        }

        MetaspacePrefix prefix = section.OptionalText("prepend_scheme") switch
        {
            "always" => MetaspacePrefix.Always,
            "first" => MetaspacePrefix.First,
            "never" => MetaspacePrefix.Never,
            null => section.Flag("add_prefix_space", otherwise: true) ? MetaspacePrefix.Always : MetaspacePrefix.Never,
            string other => throw section.Fail("is not known", "prepend_scheme", "always, first or never", other),
        };
        return new MetaspacePreTokenizer(mark[0], prefix, section.Flag("split", otherwise: true));
    }

    private static SplitBehavior Behavior(JsonSection section, SplitBehavior otherwise) => section.OptionalText("behavior") switch
    {
        null => otherwise,
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        string other => throw section.Fail("is not known", "behavior", "a split behavior", other),
    };

    private static bool IsPunctuation(Rune rune) =>
        Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));

    /// <summary><c>\w</c></summary>
    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.EnclosingMark or UnicodeCategory.LetterNumber;
}
