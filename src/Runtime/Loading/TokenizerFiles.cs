using System.Text.Json;

namespace Sparrow.Runtime.Loading;

/// <summary>Carries tokenizer and chat template from one container to another.</summary>
internal static partial class TokenizerFiles
{
    /// <summary>The GGUF key under which a whole tokenizer.json may be kept; exact where the other keys only approximate.</summary>
    public const string EmbeddedKey = "tokenizer.huggingface.json";

    // Everything beside the weights that a Hugging Face folder may hold about text.
    private static readonly string[] s_names =
    [
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "chat_template.jinja", "generation_config.json",
    ];

    /// <summary>Writes the files of a Hugging Face folder.</summary>
    /// <exception cref="CheckpointException">The tokenizer cannot be expressed in them.</exception>
    public static void Write(StoredCheckpoint source, string folder)
    {
        if (source is GgufCheckpoint gguf)
        {
            WriteFromGguf(gguf, folder);
            return;
        }

        string sourceFolder = FolderOf(source);
        foreach (string name in s_names)
        {
            string path = Path.Combine(sourceFolder, name);
            if (File.Exists(path) && Path.GetFullPath(sourceFolder) != Path.GetFullPath(folder))
            {
                File.Copy(path, Path.Combine(folder, name), overwrite: true);
            }
        }
    }

    private static string FolderOf(StoredCheckpoint source) =>
        Directory.Exists(source.Path) ? source.Path : Path.GetDirectoryName(Path.GetFullPath(source.Path))!;

    private static byte[] ToJson(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            write(json);
        }

        return stream.ToArray();
    }

    /// <summary>The kinds of pieces in <c>tokenizer.ggml.token_type</c>.</summary>
    private static class PieceType
    {
        public const int Normal = 1;
        public const int Unknown = 2;
        public const int Control = 3;
        public const int UserDefined = 4;
        public const int Unused = 5;
        public const int Byte = 6;
    }
}
