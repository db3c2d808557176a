using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.Reading;

namespace Sparrow.Runtime.Tokenization;

/// <summary>Reads tokenizers from what checkpoints hold.</summary>
public static class TokenizerReader
{
    /// <summary>Ten times the largest file known.</summary>
    private const long MaxFileBytes = 512L << 20;

    /// <summary>
    /// The tokenizer of a folder: <c>tokenizer.json</c>, else <c>tokenizer.model</c>, else <c>vocab.json</c> with <c>merges.txt</c> (or
    /// <c>encoder.json</c> with <c>vocab.bpe</c>), else null. Names of begin, end, padding and unknown tokens come from
    /// <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>, else ids from <c>config.json</c>.
    /// </summary>
    /// <exception cref="CheckpointException">Damaged, or made of parts that we do not have; the message names file and field.</exception>
    public static Tokenizer? FromFolder(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
        {
            return HuggingFaceReader.Read(json, ReadFile(json), SettingsReader.Read(folder));
        }

        string model = Path.Combine(folder, "tokenizer.model");
        if (File.Exists(model))
        {
            return SentencePieceReader.Read(model, ReadFile(model), SettingsReader.Read(folder), parsesMarkers: true);
        }

        foreach ((string vocabulary, string merges) in (ReadOnlySpan<(string, string)>)[("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")])
        {
            if (File.Exists(Path.Combine(folder, vocabulary)) && File.Exists(Path.Combine(folder, merges)))
            {
                return VocabularyMergesReader.Read(Path.Combine(folder, vocabulary), Path.Combine(folder, merges), SettingsReader.Read(folder));
            }
        }

        return null;
    }

    /// <summary>A SentencePiece <c>.model</c> by itself, with SentencePiece's own view of text.</summary>
    /// <param name="file">The file.</param>
    /// <param name="parsesMarkers">
    /// Whether control pieces written in a text (<c>&lt;s&gt;</c>, <c>[INST]</c>) are parsed as such. SentencePiece never does; prompts need it.
    /// </param>
    /// <exception cref="CheckpointException">Damaged, or of a kind that we do not have.</exception>
    public static Tokenizer FromSentencePiece(string file, bool parsesMarkers = true) =>
        SentencePieceReader.Read(file, ReadFile(file), new TokenizerSettings(), parsesMarkers);

    /// <summary>The tokenizer in a GGUF file's metadata, or null where it has no vocabulary.</summary>
    /// <exception cref="CheckpointException">Damaged, or of a kind that we do not have.</exception>
    public static Tokenizer? FromGguf(GgufMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return GgufTokenizerReader.Read(metadata);
    }

    internal static byte[] ReadFile(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= MaxFileBytes ? File.ReadAllBytes(path) : throw new CheckpointException(
                path, "the file is too large", expected: $"at most {MaxFileBytes} bytes", found: $"{length}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", inner: error);
        }
    }
}
