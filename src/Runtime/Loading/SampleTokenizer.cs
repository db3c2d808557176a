using System.Text.Json;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// A small byte-level BPE tokenizer made in code, for models of random weights: every byte is a piece, so any text can be encoded, a few
/// merges make tokens of more than one byte, and three special tokens serve a ChatML template.
/// </summary>
internal static class SampleTokenizer
{
    public const int EndOfTextId = 0;
    public const int StartOfTurnId = 1;
    public const int EndOfTurnId = 2;

    private const string ChatTemplate =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static readonly string[] s_special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    // In order of rank; Ġ stands for the space in this alphabet.
    private static readonly (string Left, string Right)[] s_merges =
    [
        ("Ġ", "t"), ("Ġ", "a"), ("h", "e"), ("i", "n"), ("r", "e"), ("o", "n"), ("Ġt", "he"), ("e", "r"), ("Ġ", "s"), ("a", "t"),
        ("Ġ", "w"), ("Ġ", "o"), ("e", "n"), ("Ġ", "c"), ("i", "t"), ("i", "s"), ("a", "n"), ("o", "r"), ("e", "s"), ("Ġ", "b"),
        ("e", "d"), ("Ġ", "f"), ("in", "g"), ("Ġ", "p"), ("o", "u"), ("Ġa", "n"), ("a", "l"), ("a", "r"), ("Ġt", "o"), ("Ġ", "m"),
        ("Ġo", "f"), ("Ġ", "in"), ("Ġ", "d"), ("Ġ", "h"), ("Ġan", "d"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("l", "d"), ("or", "ld"),
        ("Ġw", "orld"), ("u", "s"), ("us", "er"), ("a", "s"), ("s", "is"), ("t", "an"), ("tan", "t"), ("as", "sis"), ("assis", "tant"),
    ];

    public static IReadOnlyList<int> SpecialIds => [EndOfTextId, StartOfTurnId, EndOfTurnId];

    public static int VocabularySize => s_special.Length + 256 + s_merges.Length;

    /// <summary>Writes tokenizer.json and tokenizer_config.json.</summary>
    public static void Write(string folder, int contextLength)
    {
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), WriteTokenizer());
        File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), WriteConfig(contextLength));
    }

    /// <summary>
    /// The printable stand-in of each byte that GPT-2 brought in (Radford et al. 2019): printable Latin-1 characters stand for themselves,
    /// the others for characters from U+0100 on, in order.
    /// </summary>
    private static char[] ByteCharacters()
    {
        char[] characters = new char[256];
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = printable ? (char)value : (char)next++;
        }

        return characters;
    }

    private static byte[] WriteTokenizer()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            for (int id = 0; id < s_special.Length; id++)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", s_special[id]);
                json.WriteBoolean("single_word", false);
                json.WriteBoolean("lstrip", false);
                json.WriteBoolean("rstrip", false);
                json.WriteBoolean("normalized", false);
                json.WriteBoolean("special", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNull("normalizer");
            WriteByteLevel(json, "pre_tokenizer");
            json.WriteNull("post_processor");
            WriteByteLevel(json, "decoder");
            WriteModel(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", true);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        int id = 0;
        foreach (string special in s_special)
        {
            json.WriteNumber(special, id++);
        }

        foreach (char character in ByteCharacters())
        {
            json.WriteNumber(character.ToString(), id++);
        }

        foreach ((string left, string right) in s_merges)
        {
            json.WriteNumber(left + right, id++);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in s_merges)
        {
            json.WriteStringValue($"{left} {right}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static byte[] WriteConfig(int contextLength)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("add_bos_token", false);
            json.WriteBoolean("add_eos_token", false);
            json.WriteString("bos_token", s_special[EndOfTextId]);
            json.WriteString("eos_token", s_special[EndOfTurnId]);
            json.WriteString("pad_token", s_special[EndOfTextId]);
            json.WriteBoolean("clean_up_tokenization_spaces", false);
            json.WriteNumber("model_max_length", contextLength);
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            json.WriteString("chat_template", ChatTemplate);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
