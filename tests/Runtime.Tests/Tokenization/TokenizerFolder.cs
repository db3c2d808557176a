using System.Text.Json.Nodes;
using Sparrow.Runtime.Tokenization;
using Sparrow.Runtime.Tokenization.Bpe;

namespace Sparrow.Runtime.Tests.Tokenization;

/// <summary>A scratch folder with a small tokenizer made by the test.</summary>
internal sealed class TokenizerFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tokenizer").FullName;

    /// <summary>A byte-level vocabulary: three special tokens, the 256 bytes, and one piece for each merge.</summary>
    public static JsonObject ByteLevelJson(params string[] merges)
    {
        JsonObject vocabulary = [];
        JsonArray added = [];
        foreach (string special in (string[])["<|end|>", "<|start|>", "<|pad|>"])
        {
            added.Add(new JsonObject { ["id"] = vocabulary.Count, ["content"] = special, ["special"] = true, ["normalized"] = false });
            vocabulary.Add(special, vocabulary.Count);
        }

        for (int value = 0; value < 256; value++)
        {
            vocabulary.Add(ByteAlphabet.ToCharacter((byte)value).ToString(), vocabulary.Count);
        }

        foreach (string merge in merges)
        {
            vocabulary.TryAdd(merge.Replace(" ", "", StringComparison.Ordinal), vocabulary.Count);
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        };
    }

    /// <summary>A SentencePiece-like vocabulary: unknown, begin, end, the 256 bytes, letters, and one piece for each merge.</summary>
    public static JsonObject CharacterJson(params string[] merges)
    {
        JsonObject json = ByteLevelJson();
        JsonObject vocabulary = new() { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int value = 0; value < 256; value++)
        {
            vocabulary.Add($"<0x{value:X2}>", vocabulary.Count);
        }

        foreach (char letter in "▁abcdefghijklmnopqrstuvwxyz")
        {
            vocabulary.Add(letter.ToString(), vocabulary.Count);
        }

        foreach (string merge in merges)
        {
            vocabulary.TryAdd(merge.Replace(" ", "", StringComparison.Ordinal), vocabulary.Count);
        }

        json["added_tokens"] = JsonNode.Parse(
            """[{"id":0,"content":"<unk>","special":true},{"id":1,"content":"<s>","special":true},{"id":2,"content":"</s>","special":true}]""");
        json["normalizer"] = JsonNode.Parse(
            """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""");
        json["pre_tokenizer"] = null;
        json["post_processor"] = JsonNode.Parse(
            """
            {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
             "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}
            """);
        json["decoder"] = JsonNode.Parse(
            """
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},
             {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
            """);
        json["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["unk_token"] = "<unk>",
            ["fuse_unk"] = true,
            ["byte_fallback"] = true,
            ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
        };
        return json;
    }

    public static Tokenizer Read(JsonNode json)
    {
        using TokenizerFolder folder = new();
        return folder.With("tokenizer.json", json.ToJsonString()).Read()!;
    }

    public TokenizerFolder With(string name, string text)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        return this;
    }

    public TokenizerFolder With(string name, byte[] bytes)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, name), bytes);
        return this;
    }

    public TokenizerFolder Copy(string name, string source)
    {
        File.Copy(source, System.IO.Path.Combine(Path, name));
        return this;
    }

    public Tokenizer? Read() => TokenizerReader.FromFolder(Path);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
