using System.Text;
using System.Text.Json;

namespace Sparrow.Runtime.Loading;

internal static partial class TokenizerFiles
{
    // How GPT-4-style tokenizers cut text, by GGUF's names for them.
    private const string LlamaPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string QwenPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static void WriteFromGguf(GgufCheckpoint source, string folder)
    {
        GgufMetadata metadata = source.Metadata;
        string kind = metadata.Find<string>("tokenizer.ggml.model")!;
        string path = Path.Combine(folder, "tokenizer.json");
        if (metadata.Find<string>(EmbeddedKey) is { } embedded)
        {
            File.WriteAllText(path, embedded);
        }
        else if (kind != "none")
        {
            File.WriteAllBytes(path, ToJson(json => WriteTokenizer(json, metadata, kind)));
        }

        if (kind == "none" && source.ChatTemplate is null)
        {
            return;
        }

        string[] tokens = metadata.Find<string[]>("tokenizer.ggml.tokens") ?? [];
        File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), ToJson(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("add_bos_token", AddsBegin(metadata, kind));
            json.WriteBoolean("add_eos_token", metadata.FindBool("tokenizer.ggml.add_eos_token") ?? false);
            foreach ((string key, string name) in new[] { ("bos", "bos_token"), ("eos", "eos_token"), ("unknown", "unk_token"), ("padding", "pad_token") })
            {
                if (metadata.FindInteger($"tokenizer.ggml.{key}_token_id") is { } id && id >= 0 && id < tokens.Length)
                {
                    json.WriteString(name, tokens[id]);
                }
            }

            json.WriteBoolean("clean_up_tokenization_spaces", false);
            json.WriteNumber("model_max_length", source.Config.ContextLength);
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            if (source.ChatTemplate is { } template)
            {
                json.WriteString("chat_template", template);
            }

            json.WriteEndObject();
        }));
    }

    private static bool AddsBegin(GgufMetadata metadata, string kind) => metadata.FindBool("tokenizer.ggml.add_bos_token") ?? kind == "llama";

    private static void WriteTokenizer(Utf8JsonWriter json, GgufMetadata metadata, string kind)
    {
        if (kind is not ("gpt2" or "llama"))
        {
            throw new CheckpointException(
                metadata.File, "the tokenizer cannot be carried over to tokenizer.json", field: "tokenizer.ggml.model", expected: "gpt2 or llama", found: CheckpointJson.Shorten(kind));
        }

        string[] tokens = metadata.Find<string[]>("tokenizer.ggml.tokens")!;
        int[] types = metadata.Find<int[]>("tokenizer.ggml.token_type") ?? [.. Enumerable.Repeat(PieceType.Normal, tokens.Length)];
        string pre = metadata.Find<string>("tokenizer.ggml.pre") ?? "default";
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < tokens.Length; id++)
        {
            if (types[id] is PieceType.Control or PieceType.UserDefined or PieceType.Unknown)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", tokens[id]);
                json.WriteBoolean("single_word", false);
                json.WriteBoolean("lstrip", false);
                json.WriteBoolean("rstrip", false);
                json.WriteBoolean("normalized", false);
                json.WriteBoolean("special", types[id] != PieceType.UserDefined);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        bool sentencePiece = kind == "llama";
        WriteRules(json, metadata, pre, sentencePiece);
        WriteBeginRule(json, metadata, kind, tokens);
        WriteModel(json, metadata, tokens, types, pre, sentencePiece);
        json.WriteEndObject();
    }

    private static void WriteRules(Utf8JsonWriter json, GgufMetadata metadata, string pre, bool sentencePiece)
    {
        if (sentencePiece)
        {
            bool prefix = metadata.FindBool("tokenizer.ggml.add_space_prefix") ?? true;
            string prepend = prefix ? """{"type":"Prepend","prepend":"▁"},""" : "";
            Raw(json, "normalizer", $$"""{"type":"Sequence","normalizers":[{{prepend}}{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""");
            json.WriteNull("pre_tokenizer");
            string strip = prefix ? """,{"type":"Strip","content":" ","start":1,"stop":0}""" : "";
            Raw(json, "decoder", $$"""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}{{strip}}]}""");
            return;
        }

        const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";
        if (pre == "qwen2")
        {
            Raw(json, "normalizer", """{"type":"NFC"}""");
        }
        else
        {
            json.WriteNull("normalizer");
        }

        Raw(json, "pre_tokenizer", pre switch
        {
            "gpt-2" or "gpt2" => ByteLevel,
            "smollm" => $$"""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{{ByteLevel}}]}""",
            "llama-bpe" or "llama3" or "llama-v3" => SplitThenBytes(LlamaPattern),
            "qwen2" => SplitThenBytes(QwenPattern),
            _ => throw new CheckpointException(
                metadata.File, "the tokenizer cannot be carried over to tokenizer.json", field: "tokenizer.ggml.pre", expected: "one of gpt-2, smollm, llama-bpe, qwen2", found: CheckpointJson.Shorten(pre)),
        });
        Raw(json, "decoder", ByteLevel);
    }

    private static string SplitThenBytes(string pattern) =>
        $$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"{{JsonEncodedText.Encode(pattern)}}"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""";

    private static void WriteBeginRule(Utf8JsonWriter json, GgufMetadata metadata, string kind, string[] tokens)
    {
        if (!AddsBegin(metadata, kind) || metadata.FindInteger("tokenizer.ggml.bos_token_id") is not { } id || id < 0 || id >= tokens.Length)
        {
            json.WriteNull("post_processor");
            return;
        }

        JsonEncodedText begin = JsonEncodedText.Encode(tokens[id]);
        Raw(json, "post_processor", $$$"""
            {"type":"TemplateProcessing",
             "single":[{"SpecialToken":{"id":"{{{begin}}}","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
             "pair":[{"SpecialToken":{"id":"{{{begin}}}","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"{{{begin}}}","type_id":1}},{"Sequence":{"id":"B","type_id":1}}],
             "special_tokens":{"{{{begin}}}":{"id":"{{{begin}}}","ids":[{{{id}}}],"tokens":["{{{begin}}}"] } } }
            """);
    }

    private static void WriteModel(Utf8JsonWriter json, GgufMetadata metadata, string[] tokens, int[] types, string pre, bool sentencePiece)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        if (sentencePiece && metadata.FindInteger("tokenizer.ggml.unknown_token_id") is { } unknown && unknown >= 0 && unknown < tokens.Length)
        {
            json.WriteString("unk_token", tokens[unknown]);
        }
        else
        {
            json.WriteNull("unk_token");
        }

        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", sentencePiece);
        json.WriteBoolean("byte_fallback", sentencePiece);
        json.WriteBoolean("ignore_merges", pre is "llama-bpe" or "llama3" or "llama-v3");
        json.WriteStartObject("vocab");
        HashSet<string> written = new(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
        {
            // A piece that is no UTF-8 has become U+FFFD; a second one of that text could never be looked up.
            if (types[id] != PieceType.UserDefined && written.Add(tokens[id]))
            {
                json.WriteNumber(tokens[id], id);
            }
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (string merge in sentencePiece ? MergesOf(metadata, tokens, types) : metadata.Find<string[]>("tokenizer.ggml.merges") ?? [])
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Every way to make a piece of two others, best score first: the same order in which SentencePiece would merge.</summary>
    private static IEnumerable<string> MergesOf(GgufMetadata metadata, string[] tokens, int[] types)
    {
        float[] scores = metadata.Find<float[]>("tokenizer.ggml.scores") ?? new float[tokens.Length];
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
        {
            if (types[id] == PieceType.Normal)
            {
                ids.TryAdd(tokens[id], id);
            }
        }

        List<(float Score, int Left, int Right)> merges = [];
        foreach ((string token, int id) in ids)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (ids.TryGetValue(token[..cut], out int left) && ids.TryGetValue(token[cut..], out int right))
                {
                    merges.Add((scores[id], left, right));
                }
            }
        }

        return merges
            .OrderByDescending(merge => merge.Score)
            .ThenBy(merge => merge.Left)
            .ThenBy(merge => merge.Right)
            .Select(merge => $"{tokens[merge.Left]} {tokens[merge.Right]}");
    }

    private static void Raw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Encoding.UTF8.GetBytes(value));
    }
}
