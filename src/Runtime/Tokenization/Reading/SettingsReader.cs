using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.AddedTokens;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Reads <see cref="TokenizerSettings"/> from the small files of a folder.</summary>
internal static class SettingsReader
{
    /// <summary>Far longer than any marker; bounds the walk through the trie at each position.</summary>
    private const int MaxAddedTokenLength = 1024;

    public static TokenizerSettings Read(string folder)
    {
        try
        {
            return ReadSections(folder);
        }
        catch (InvalidOperationException error)
        {
            // What JsonElement throws on reading a text with half a surrogate pair or broken UTF-8.
            throw new CheckpointException(folder, $"a text of the tokenizer's settings is not valid Unicode: {error.Message}", inner: error);
        }
    }

    private static TokenizerSettings ReadSections(string folder)
    {
        JsonSection? config = Open(folder, "tokenizer_config.json");
        JsonSection? map = Open(folder, "special_tokens_map.json");
        JsonSection? model = Open(folder, "config.json");
        return new TokenizerSettings
        {
            ClassName = config?.OptionalText("tokenizer_class"),
            BeginOfSequence = Token(config, "bos_token") ?? Token(map, "bos_token"),
            EndOfSequence = Token(config, "eos_token") ?? Token(map, "eos_token"),
            Padding = Token(config, "pad_token") ?? Token(map, "pad_token"),
            Unknown = Token(config, "unk_token") ?? Token(map, "unk_token"),
            AddsBeginOfSequence = config?.OptionalFlag("add_bos_token"),
            AddsEndOfSequence = config?.OptionalFlag("add_eos_token"),
            BeginOfSequenceId = Id(model, "bos_token_id"),
            EndOfSequenceId = Id(model, "eos_token_id"),
            AddedTokens = config is null ? [] : ReadAddedTokens(config.Value),
        };
    }

    /// <summary>One added token; the id stands inside or outside of the object.</summary>
    public static AddedToken ReadAddedToken(JsonSection section, int id)
    {
        string text = section.Text("content");
        if (text.Length > MaxAddedTokenLength)
        {
            throw section.Fail("is too long", "content", $"at most {MaxAddedTokenLength} characters", $"{text.Length}");
        }

        bool isSpecial = section.Flag("special", otherwise: false);
        return new AddedToken(
            text,
            id,
            isSpecial,
            section.Flag("normalized", otherwise: !isSpecial),
            section.Flag("lstrip", otherwise: false),
            section.Flag("rstrip", otherwise: false),
            section.Flag("single_word", otherwise: false));
    }

    private static JsonSection? Open(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(TokenizerReader.ReadFile(path));
            JsonElement element = JsonElement.ParseValue(ref reader);
            return element.ValueKind == JsonValueKind.Object
                ? new JsonSection(path, "the file", element)
                : throw new CheckpointException(path, "has another form", expected: "an object", found: element.ValueKind.ToString());
        }
        catch (JsonException error)
        {
            throw new CheckpointException(path, $"not valid JSON: {error.Message}", inner: error);
        }
    }

    /// <summary>A token is written as its text or as an object that holds it.</summary>
    private static string? Token(JsonSection? section, string name) =>
        section is null || !section.Value.Has(name) ? null
            : section.Value.Element.GetProperty(name).ValueKind == JsonValueKind.Object ? section.Value.Child(name).Text("content")
            : section.Value.OptionalText(name);

    /// <summary>One id, or the first of a list.</summary>
    private static int? Id(JsonSection? section, string name)
    {
        if (section is null || !section.Value.Has(name))
        {
            return null;
        }

        JsonElement value = section.Value.Element.GetProperty(name);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
        {
            value = value[0];
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) ? id : null;
    }

    private static List<AddedToken> ReadAddedTokens(JsonSection config)
    {
        List<AddedToken> tokens = [];
        if (!config.Has("added_tokens_decoder"))
        {
            return tokens;
        }

        JsonSection list = config.Child("added_tokens_decoder");
        foreach (JsonProperty item in list.Element.EnumerateObject())
        {
            if (!int.TryParse(item.Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id))
            {
                throw list.Fail("is no id", item.Name);
            }

            JsonSection token = list.Child(item.Name);
            tokens.Add(ReadAddedToken(token, id));
        }

        return tokens;
    }
}
