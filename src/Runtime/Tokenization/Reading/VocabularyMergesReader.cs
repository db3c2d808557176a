using System.Text;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Decoding;
using Sparrow.Runtime.Tokenization.Normalization;
using Sparrow.Runtime.Tokenization.PreTokenization;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Builds a byte-level tokenizer from GPT-2's pair of files; the class in tokenizer_config.json says how words are cut.</summary>
internal static class VocabularyMergesReader
{
    private const string EndOfText = "<|endoftext|>";

    /// <exception cref="CheckpointException">Damaged, or of a class that we do not know.</exception>
    public static PipelineTokenizer Read(string vocabularyFile, string mergesFile, TokenizerSettings settings)
    {
        Vocabulary vocabulary = TokenizerJson.ParseVocabulary(vocabularyFile, TokenizerReader.ReadFile(vocabularyFile)).Build();
        if (vocabulary.Size == 0)
        {
            throw new CheckpointException(vocabularyFile, "the vocabulary is empty");
        }

        string className = settings.ClassName ?? "GPT2Tokenizer";
        bool isQwen = className is "Qwen2Tokenizer" or "Qwen2TokenizerFast";
        if (!isQwen && className is not ("GPT2Tokenizer" or "GPT2TokenizerFast"))
        {
            throw new CheckpointException(
                vocabularyFile, "this tokenizer class is not known without a tokenizer.json", field: "tokenizer_class",
                expected: "GPT2Tokenizer or Qwen2Tokenizer", found: className);
        }

        List<AddedToken> added = [.. settings.AddedTokens];
        foreach (string? text in (ReadOnlySpan<string?>)[EndOfText, settings.BeginOfSequence, settings.EndOfSequence, settings.Padding, settings.Unknown])
        {
            if (text is not null && !added.Exists(token => token.Text == text) && vocabulary.TryFind(Encoding.UTF8.GetBytes(text), out int id))
            {
                added.Add(new AddedToken(text, id, IsSpecial: true));
            }
        }

        HuggingFaceReader.CheckAddedTokens(vocabularyFile, vocabulary, added);
        int size = Math.Max(vocabulary.Size, added.Count == 0 ? 0 : added.Max(token => token.Id) + 1);
        int? begin = Find(settings.BeginOfSequence ?? (isQwen ? null : EndOfText));
        int? end = Find(settings.EndOfSequence ?? EndOfText);
        Dictionary<int, byte[]> addedTexts = [];
        foreach (AddedToken token in added)
        {
            addedTexts[token.Id] = Encoding.UTF8.GetBytes(token.Text);
        }

        byte[] buffer = new byte[Math.Max(16, vocabulary.LongestPieceBytes)];
        return new PipelineTokenizer(new TokenizerParts
        {
            VocabularySize = size,
            AddedTokens = added,
            Normalizer = isQwen ? new UnicodeNormalizer(NormalizationForm.FormC) : null,
            PreTokenizer = new SplitPreTokenizer(isQwen ? new Cl100kPattern(maxDigits: 1) : new Gpt2Pattern(), SplitBehavior.Isolated),
            Model = new ByteLevelBpeModel(vocabulary, ReadMerges(mergesFile).Resolve(vocabulary), ignoreMerges: false, unknownId: -1),
            Pieces = new PieceTable(size, 8 * size, Decode, StartRule.None),
            PrefixIds = settings.AddsBeginOfSequence == true && begin is not null ? [begin.Value] : [],
            SuffixIds = settings.AddsEndOfSequence == true && end is not null ? [end.Value] : [],
            BeginOfSequenceId = begin,
            EndOfSequenceId = end,
            PaddingId = Find(settings.Padding),
            UnknownId = Find(settings.Unknown),
            ClassName = className,
        });

        int? Find(string? text) => text is null ? null : added.Find(token => token.Text == text)?.Id;

        ReadOnlySpan<byte> Decode(int id)
        {
            if (addedTexts.TryGetValue(id, out byte[]? text))
            {
                return text;
            }

            ReadOnlySpan<byte> piece = id < vocabulary.Size ? vocabulary[id] : default;
            return ByteAlphabet.TryRead(piece, buffer, out int count) ? buffer.AsSpan(0, count) : piece;
        }
    }

    private static MergeList ReadMerges(string file)
    {
        MergeList merges = new(file, "line");
        ReadOnlySpan<byte> text = TokenizerReader.ReadFile(file);
        bool isFirst = true;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range].TrimEnd((byte)'\r');

            // The first line names the version; after it a number sign is a piece like any other.
            if (!line.IsEmpty && !(isFirst && line.StartsWith("#version"u8)))
            {
                merges.Add(line);
            }

            isFirst = false;
        }

        return merges;
    }
}
