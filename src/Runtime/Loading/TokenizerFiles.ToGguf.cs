using System.Text;
using System.Text.Json;

namespace Sparrow.Runtime.Loading;

internal static partial class TokenizerFiles
{
    /// <summary>Adds the keys of tokenizer and template, made from the files of a Hugging Face folder.</summary>
    public static void AddMetadata(StoredCheckpoint source, List<KeyValuePair<string, object>> result)
    {
        if (source.ChatTemplate is { } template)
        {
            result.Add(new("tokenizer.chat_template", template));
        }

        string folder = FolderOf(source);
        string path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path))
        {
            result.Add(new("tokenizer.ggml.model", "none"));
            AddIds(result, source);
            return;
        }

        byte[] bytes = CheckpointJson.ReadBytes(path, 64 << 20);
        JsonElement tokenizer = CheckpointJson.ParseObject(path, bytes);
        if (!tokenizer.TryGetProperty("model", out JsonElement model) || !model.TryGetProperty("vocab", out JsonElement vocab) || vocab.ValueKind != JsonValueKind.Object
            || !model.TryGetProperty("merges", out JsonElement merges) || merges.ValueKind != JsonValueKind.Array)
        {
            throw new CheckpointException(path, "the tokenizer cannot be carried over to GGUF", field: "model", expected: "BPE with vocab and merges", found: "another kind");
        }

        bool bytePieces = model.TryGetProperty("byte_fallback", out JsonElement fallback) && fallback.ValueKind == JsonValueKind.True;
        (string[] tokens, int[] types) = ReadPieces(path, tokenizer, vocab, source.Config.VocabularySize, bytePieces);
        string[] pairs = [.. merges.EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.Array ? $"{merge[0].GetString()} {merge[1].GetString()}" : merge.GetString()!)];
        result.Add(new("tokenizer.ggml.model", bytePieces ? "llama" : "gpt2"));
        result.Add(new("tokenizer.ggml.pre", bytePieces ? "default" : GuessPretokenizer(tokenizer)));
        result.Add(new("tokenizer.ggml.tokens", tokens));
        result.Add(new("tokenizer.ggml.token_type", types));
        if (bytePieces)
        {
            result.Add(new("tokenizer.ggml.scores", ScoresOf(tokens, pairs)));
        }
        else
        {
            result.Add(new("tokenizer.ggml.merges", pairs));
        }

        string configPath = Path.Combine(folder, "tokenizer_config.json");
        JsonElement? config = File.Exists(configPath) ? CheckpointJson.ReadObject(configPath) : null;
        AddIds(result, source);
        bool addsBegin = config is { } settings && settings.TryGetProperty("add_bos_token", out JsonElement add) && add.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? add.ValueKind == JsonValueKind.True
            : tokenizer.TryGetProperty("post_processor", out JsonElement post) && post.ValueKind == JsonValueKind.Object
                && post.TryGetProperty("single", out JsonElement single) && single.ValueKind == JsonValueKind.Array
                && single.GetArrayLength() > 0 && single[0].TryGetProperty("SpecialToken", out _);
        result.Add(new("tokenizer.ggml.add_bos_token", addsBegin));
        result.Add(new(EmbeddedKey, Encoding.UTF8.GetString(bytes)));
    }

    private static void AddIds(List<KeyValuePair<string, object>> result, StoredCheckpoint source)
    {
        if (source.Config.BeginOfSequenceId is { } begin)
        {
            result.Add(new("tokenizer.ggml.bos_token_id", (uint)begin));
        }

        // GGUF has one end, and two more for ends of a turn and of a message.
        string[] keys = ["eos", "eot", "eom"];
        foreach ((string key, int id) in keys.Zip(source.Config.EndOfSequenceIds))
        {
            result.Add(new($"tokenizer.ggml.{key}_token_id", (uint)id));
        }
    }

    private static (string[] Tokens, int[] Types) ReadPieces(string path, JsonElement tokenizer, JsonElement vocab, int size, bool bytePieces)
    {
        string?[] tokens = new string?[size];
        int[] types = new int[size];
        foreach (JsonProperty piece in vocab.EnumerateObject())
        {
            int id = IdOf(path, piece.Value, size);
            tokens[id] = piece.Name;
            bool isByte = bytePieces && piece.Name.Length == 6 && piece.Name.StartsWith("<0x", StringComparison.Ordinal) && piece.Name[5] == '>';
            types[id] = isByte ? PieceType.Byte : PieceType.Normal;
        }

        if (tokenizer.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in added.EnumerateArray())
            {
                int id = IdOf(path, token.GetProperty("id"), size);
                tokens[id] = token.GetProperty("content").GetString();
                bool special = token.TryGetProperty("special", out JsonElement value) && value.ValueKind == JsonValueKind.True;
                types[id] = tokens[id] == "<unk>" && bytePieces ? PieceType.Unknown : special ? PieceType.Control : PieceType.UserDefined;
            }
        }

        for (int id = 0; id < size; id++)
        {
            if (tokens[id] is null)
            {
                tokens[id] = $"[PAD{id}]";
                types[id] = PieceType.Unused;
            }
        }

        return ([.. tokens.Select(token => token!)], types);
    }

    private static int IdOf(string path, JsonElement value, int size) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 && id < size
            ? id
            : throw new CheckpointException(path, "a token's id is outside the vocabulary", field: "vocab", expected: $"0 to {size - 1}", found: CheckpointJson.Describe(value));

    /// <summary>SentencePiece merges by the score of the result; the rank of the first merge that makes a piece orders them alike.</summary>
    private static float[] ScoresOf(string[] tokens, string[] pairs)
    {
        Dictionary<string, int> ranks = new(StringComparer.Ordinal);
        for (int rank = 0; rank < pairs.Length; rank++)
        {
            ranks.TryAdd(pairs[rank].Replace(" ", "", StringComparison.Ordinal), rank);
        }

        return [.. tokens.Select(token => ranks.TryGetValue(token, out int rank) ? -(rank + 1f) : 0f)];
    }

    /// <summary>The name by which GGUF readers know how text is cut before merging; the exact rule travels in <see cref="EmbeddedKey"/>.</summary>
    private static string GuessPretokenizer(JsonElement tokenizer)
    {
        string text = tokenizer.TryGetProperty("pre_tokenizer", out JsonElement pre) ? pre.GetRawText() : "";
        return text.Contains("Digits", StringComparison.Ordinal) ? "smollm"
            : text.Contains("{1,3}", StringComparison.Ordinal) ? "llama-bpe"
            : text.Contains("Split", StringComparison.Ordinal) ? "qwen2"
            : "gpt-2";
    }
}
