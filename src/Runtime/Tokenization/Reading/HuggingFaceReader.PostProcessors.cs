using System.Text.Json;

namespace Sparrow.Runtime.Tokenization.Reading;

internal sealed partial class HuggingFaceReader
{
    /// <summary>The ids put before and after a single text.</summary>
    private (List<int> Prefix, List<int> Suffix) ReadPostProcessor(int size)
    {
        List<int> prefix = [];
        List<int> suffix = [];
        if (Section("post_processor") is JsonSection section)
        {
            Collect(section);
        }

        return (prefix, suffix);

        void Collect(JsonSection section)
        {
            switch (section.Type)
            {
                case "Sequence":
                    foreach (JsonSection child in section.Children("processors"))
                    {
                        Collect(child);
                    }

                    break;
                case "ByteLevel":
                    // It moves offsets only.
                    break;
                case "TemplateProcessing":
                    CollectTemplate(section);
                    break;
                case "BertProcessing" or "RobertaProcessing":
                    prefix.Add(PairId(section, "cls"));
                    suffix.Add(PairId(section, "sep"));
                    break;
                default:
                    throw section.Unsupported("post-processor");
            }
        }

        void CollectTemplate(JsonSection section)
        {
            bool isPast = false;
            foreach (JsonSection item in section.Children("single"))
            {
                if (item.Has("Sequence"))
                {
                    if (isPast)
                    {
                        throw item.Fail("the text stands twice in the template");
                    }

                    isPast = true;
                    continue;
                }

                JsonSection token = section.Child("special_tokens").Child(item.Child("SpecialToken").Text("id"));
                if (!token.Has("ids") || token.Element.GetProperty("ids").ValueKind != JsonValueKind.Array)
                {
                    throw token.Fail("is missing", "ids", "an array of ids");
                }

                foreach (JsonElement id in token.Element.GetProperty("ids").EnumerateArray())
                {
                    (isPast ? suffix : prefix).Add(CheckedId(token, "ids", id));
                }
            }
        }

        int PairId(JsonSection section, string name)
        {
            if (!section.Has(name) || section.Element.GetProperty(name) is not { ValueKind: JsonValueKind.Array } pair || pair.GetArrayLength() != 2)
            {
                throw section.Fail("is missing", name, "a pair of text and id");
            }

            return CheckedId(section, name, pair[1]);
        }

        int CheckedId(JsonSection section, string name, JsonElement value) =>
            value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 && id < size
                ? id
                : throw section.Fail("is no id of this tokenizer", name, $"0 to {size - 1}", value.ToString());
    }
}
