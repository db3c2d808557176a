using System.Text;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Decoding;
using Sparrow.Runtime.Tokenization.Normalization;
using Sparrow.Runtime.Tokenization.PreTokenization;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Builds a tokenizer from GGUF metadata: byte-level BPE (<c>gpt2</c>) or SentencePiece (<c>llama</c>).</summary>
internal static class GgufTokenizerReader
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>Far longer than any marker; bounds the walk through the trie at each position.</summary>
    private const int MaxMarkerLength = 1024;

    /// <returns>The tokenizer, or null where the file has no vocabulary.</returns>
    /// <exception cref="CheckpointException">Damaged, or of a kind that we do not have.</exception>
    public static PipelineTokenizer? Read(GgufMetadata metadata)
    {
        string? model = metadata.Find<string>(Prefix + "model");
        if (model is null or "none" or "no_vocab")
        {
            return null;
        }

        string[] tokens = metadata.Find<string[]>(Prefix + "tokens") ?? throw new CheckpointException(
            metadata.File, "the vocabulary is missing", field: Prefix + "tokens", expected: "an array of strings");
        VocabularyBuilder builder = new(metadata.File, Prefix + "tokens");
        for (int id = 0; id < tokens.Length; id++)
        {
            builder.Add(tokens[id], id);
        }

        Vocabulary vocabulary = builder.Build(repeats: true);
        PieceKind[] kinds = ReadKinds(metadata, tokens.Length);
        return model switch
        {
            "gpt2" => ReadByteLevel(metadata, vocabulary, tokens, kinds),
            "llama" => ReadSentencePiece(metadata, vocabulary, tokens, kinds),
            _ => throw new CheckpointException(
                metadata.File, "this tokenizer model is not supported", field: Prefix + "model", expected: "gpt2 or llama", found: model),
        };
    }

    private static PipelineTokenizer ReadByteLevel(GgufMetadata metadata, Vocabulary vocabulary, string[] tokens, PieceKind[] kinds)
    {
        string[] lines = metadata.Find<string[]>(Prefix + "merges") ?? throw new CheckpointException(
            metadata.File, "the merges are missing", field: Prefix + "merges", expected: "an array of strings");
        MergeList merges = new(metadata.File, Prefix + "merges");
        foreach (string line in lines)
        {
            merges.Add(Encoding.UTF8.GetBytes(line));
        }

        string name = metadata.Find<string>(Prefix + "pre") ?? "default";
        PreTokenizer words = GgufPatterns.Find(name) ?? throw new CheckpointException(
            metadata.File, "this pre-tokenizer is not supported", field: Prefix + "pre", found: name);
        byte[] buffer = new byte[Math.Max(16, vocabulary.LongestPieceBytes)];
        PieceTable pieces = new(vocabulary.Size, 8 * vocabulary.Size, Decode, StartRule.None);
        bool ignoresMerges = GgufPatterns.IgnoresMerges(name);
        return Build(
            metadata,
            tokens,
            kinds,
            new ByteLevelBpeModel(vocabulary, merges.Resolve(vocabulary), ignoresMerges, unknownId: -1),
            pieces,
            normalizer: null,
            words,
            addsBegin: ignoresMerges);

        ReadOnlySpan<byte> Decode(int id) =>
            kinds[id] is PieceKind.Normal or PieceKind.Byte && ByteAlphabet.TryRead(vocabulary[id], buffer, out int count)
                ? buffer.AsSpan(0, count)
                : vocabulary[id];
    }

    private static PipelineTokenizer ReadSentencePiece(GgufMetadata metadata, Vocabulary vocabulary, string[] tokens, PieceKind[] kinds)
    {
        float[] scores = metadata.Find<float[]>(Prefix + "scores") ?? throw new CheckpointException(
            metadata.File, "the scores are missing", field: Prefix + "scores", expected: "an array of 32-bit floats");
        CheckLength(metadata, "scores", scores.Length, tokens.Length);
        bool addsSpace = metadata.FindBool(Prefix + "add_space_prefix") ?? true;
        bool removesSpaces = metadata.FindBool(Prefix + "remove_extra_whitespaces") ?? false;
        ScoredPieces scored = new(metadata.File, vocabulary, scores, kinds);
        int unknown = Id(metadata, "unknown_token_id", tokens.Length) ?? -1;
        return Build(
            metadata,
            tokens,
            kinds,
            scored.BuildModel(byteFallback: true, unknown),
            scored.BuildTable(unknownText: null, addsSpace ? StartRule.OneSpace : StartRule.None),
            new SentencePieceNormalizer(addsSpace, removesSpaces),
            preTokenizer: null,
            addsBegin: true);
    }

    private static PipelineTokenizer Build(
        GgufMetadata metadata,
        string[] tokens,
        PieceKind[] kinds,
        BpeModel model,
        PieceTable pieces,
        TextNormalizer? normalizer,
        PreTokenizer? preTokenizer,
        bool addsBegin)
    {
        List<AddedToken> added = [];
        for (int id = 0; id < tokens.Length; id++)
        {
            // An unknown piece is a marker like a control piece; user-defined pieces are texts of their own that generated text keeps.
            if (kinds[id] is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined)
            {
                if (tokens[id].Length > MaxMarkerLength)
                {
                    throw new CheckpointException(
                        metadata.File, "a marker is too long", field: $"{Prefix}tokens[{id}]", expected: $"at most {MaxMarkerLength} characters");
                }

                added.Add(new AddedToken(tokens[id], id, IsSpecial: kinds[id] != PieceKind.UserDefined));
            }
        }

        int? begin = Id(metadata, "bos_token_id", tokens.Length);
        int? end = Id(metadata, "eos_token_id", tokens.Length);
        bool beginWanted = metadata.FindBool(Prefix + "add_bos_token") ?? addsBegin;
        bool endWanted = metadata.FindBool(Prefix + "add_eos_token") ?? false;
        return new PipelineTokenizer(new TokenizerParts
        {
            VocabularySize = tokens.Length,
            AddedTokens = added,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = model,
            Pieces = pieces,
            PrefixIds = beginWanted && begin is not null ? [begin.Value] : [],
            SuffixIds = endWanted && end is not null ? [end.Value] : [],
            BeginOfSequenceId = begin,
            EndOfSequenceId = end,
            PaddingId = Id(metadata, "padding_token_id", tokens.Length),
            UnknownId = Id(metadata, "unknown_token_id", tokens.Length),
            ClassName = metadata.Find<string>(Prefix + "model")!,
        });
    }

    private static PieceKind[] ReadKinds(GgufMetadata metadata, int count)
    {
        PieceKind[] kinds = new PieceKind[count];
        Array.Fill(kinds, PieceKind.Normal);
        int[]? stored = metadata.Values.GetValueOrDefault(Prefix + "token_type") switch
        {
            null => null,
            int[] signed => signed,
            uint[] unsigned => [.. unsigned.Select(value => (int)Math.Min(value, int.MaxValue))],
            object other => throw new CheckpointException(
                metadata.File, "metadata value has another type", field: Prefix + "token_type", expected: "integers", found: other.GetType().Name),
        };
        if (stored is not null)
        {
            CheckLength(metadata, "token_type", stored.Length, count);
            for (int id = 0; id < count; id++)
            {
                // 0 is "undefined", which old writers put; such pieces are ordinary.
                kinds[id] = stored[id] == 0 ? PieceKind.Normal : (PieceKind)stored[id];
                if (kinds[id] is < PieceKind.Normal or > PieceKind.Byte)
                {
                    throw new CheckpointException(
                        metadata.File, "a token type is not known", field: $"{Prefix}token_type[{id}]", expected: "0 to 6", found: $"{stored[id]}");
                }
            }
        }

        return kinds;
    }

    private static void CheckLength(GgufMetadata metadata, string name, int found, int expected)
    {
        if (found != expected)
        {
            throw new CheckpointException(
                metadata.File, "does not fit the vocabulary", field: Prefix + name, expected: $"{expected} values", found: $"{found}");
        }
    }

    private static int? Id(GgufMetadata metadata, string name, int count)
    {
        long? id = metadata.FindInteger(Prefix + name);
        return id is null or uint.MaxValue ? null : id >= 0 && id < count ? (int)id : throw new CheckpointException(
            metadata.File, "the id is outside the vocabulary", field: Prefix + name, expected: $"0 to {count - 1}", found: $"{id}");
    }
}
