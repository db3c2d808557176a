using System.Text;
using Sparrow.Runtime.Tokenization.Normalization;

namespace Sparrow.Runtime.Tokenization.Reading;

internal sealed partial class HuggingFaceReader
{
    private static TextNormalizer BuildNormalizer(JsonSection section) => section.Type switch
    {
        "Sequence" => new SequenceNormalizer([.. section.Children("normalizers").Select(BuildNormalizer)]),
        "NFC" => new UnicodeNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeNormalizer(NormalizationForm.FormKD),
        "StripAccents" => new StripAccentsNormalizer(),
        "Lowercase" => new LowercaseNormalizer(),
        "Prepend" => new PrependNormalizer(section.Text("prepend")),
        "Strip" => new StripNormalizer(section.Flag("strip_left", otherwise: true), section.Flag("strip_right", otherwise: true)),
        "Replace" => BuildReplace(section),
        _ => throw section.Unsupported("normalizer"),
    };

    private static ReplaceNormalizer BuildReplace(JsonSection section)
    {
        JsonSection pattern = section.Child("pattern");
        string text = pattern.OptionalText("String")
            ?? throw pattern.Fail("only literal patterns are replaced", "Regex", found: pattern.OptionalText("Regex"));
        return text.Length > 0 ? new ReplaceNormalizer(text, section.Text("content")) : throw pattern.Fail("is empty", "String");
    }
}
