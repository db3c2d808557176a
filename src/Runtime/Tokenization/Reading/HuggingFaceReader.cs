using System.Text;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Normalization;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Builds a tokenizer from <c>tokenizer.json</c>. Parts that we do not have are refused by name: a near miss would change ids unseen.</summary>
internal sealed partial class HuggingFaceReader
{
    private readonly string _file;
    private readonly TokenizerJson _json;
    private readonly TokenizerSettings _settings;
    private readonly Vocabulary _vocabulary;

    private HuggingFaceReader(string file, TokenizerJson json, TokenizerSettings settings)
    {
        _file = file;
        _json = json;
        _settings = settings;
        JsonSection model = new(file, "model", JsonSerializer.SerializeToElement(json.Model.Where(pair => pair.Value.ValueKind != JsonValueKind.Undefined).ToDictionary()));
        string type = model.OptionalText("type") ?? "BPE";
        if (type != "BPE")
        {
            throw model.Fail("this tokenizer model is not supported", "type", expected: "BPE", found: type);
        }

        foreach (string name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (!string.IsNullOrEmpty(model.OptionalText(name)))
            {
                throw model.Fail("word affixes are not supported", name, found: model.OptionalText(name));
            }
        }

        if (json.Model.ContainsKey("vocab") || json.Model.ContainsKey("merges") || json.Vocabulary.Count == 0)
        {
            throw model.Fail("has no vocabulary and merges that fit a BPE model", "vocab", "an object of pieces and an array of merges");
        }

        ModelSection = model;
        _vocabulary = json.Vocabulary.Build();
    }

    private JsonSection ModelSection { get; }

    /// <exception cref="CheckpointException">Damaged, or made of parts that we do not have.</exception>
    public static PipelineTokenizer Read(string file, ReadOnlySpan<byte> json, TokenizerSettings settings)
    {
        TokenizerJson sections = TokenizerJson.Parse(file, json);
        try
        {
            return new HuggingFaceReader(file, sections, settings).Build();
        }
        catch (InvalidOperationException error)
        {
            // What JsonElement throws on reading a text with half a surrogate pair or broken UTF-8.
            throw new CheckpointException(file, $"a text is not valid Unicode: {error.Message}", inner: error);
        }
    }

    private PipelineTokenizer Build()
    {
        List<AddedToken> added = ReadAddedTokens();
        int size = Math.Max(_vocabulary.Size, added.Count == 0 ? 0 : added.Max(token => token.Id) + 1);
        JsonSection? preTokenizer = Section("pre_tokenizer");
        JsonSection? decoder = Section("decoder");
        bool isByteLevel = (preTokenizer is not null && Mentions(preTokenizer.Value, "ByteLevel"))
            || (decoder is not null && Mentions(decoder.Value, "ByteLevel"));
        (List<int> prefix, List<int> suffix) = ReadPostProcessor(size);
        int? unknown = Find(ModelSection.OptionalText("unk_token"), added);
        int? begin = Find(_settings.BeginOfSequence, added) ?? Within(_settings.BeginOfSequenceId, size);
        int? end = Find(_settings.EndOfSequence, added) ?? Within(_settings.EndOfSequenceId, size);
        Apply(_settings.AddsBeginOfSequence, begin, prefix, atStart: true);
        Apply(_settings.AddsEndOfSequence, end, suffix, atStart: false);
        TextNormalizer? normalizer = Section("normalizer") is JsonSection section ? BuildNormalizer(section) : null;
        return new PipelineTokenizer(new TokenizerParts
        {
            VocabularySize = size,
            AddedTokens = [.. added.Select(token => token.IsNormalized ? token with { Searched = normalizer?.Normalize(token.Text) } : token)],
            Normalizer = normalizer,
            PreTokenizer = preTokenizer is null ? null : BuildPreTokenizer(preTokenizer.Value),
            Model = BuildModel(isByteLevel, unknown ?? -1),
            Pieces = BuildPieces(size, added, decoder, isByteLevel),
            PrefixIds = [.. prefix],
            SuffixIds = [.. suffix],
            BeginOfSequenceId = begin,
            EndOfSequenceId = end,
            PaddingId = Find(_settings.Padding, added),
            UnknownId = Find(_settings.Unknown, added) ?? unknown,
            ClassName = _settings.ClassName ?? "PreTrainedTokenizerFast",
        });
    }

    private BpeModel BuildModel(bool isByteLevel, int unknownId)
    {
        MergeTable merges = _json.Merges.Resolve(_vocabulary);
        bool ignoreMerges = ModelSection.Flag("ignore_merges", otherwise: false);
        return isByteLevel
            ? new ByteLevelBpeModel(_vocabulary, merges, ignoreMerges, unknownId)
            : new RankedBpeModel(
                _vocabulary,
                merges,
                ignoreMerges,
                ModelSection.Flag("byte_fallback", otherwise: false),
                unknownId,
                ModelSection.Flag("fuse_unk", otherwise: false));
    }

    private List<AddedToken> ReadAddedTokens()
    {
        List<AddedToken> tokens = [];
        if (_json.Sections.TryGetValue("added_tokens", out JsonElement section) && section.ValueKind != JsonValueKind.Null)
        {
            if (section.ValueKind != JsonValueKind.Array)
            {
                throw new CheckpointException(
                    _file, "has another type", field: "added_tokens", expected: "an array", found: section.ValueKind.ToString());
            }

            foreach (JsonSection item in JsonSection.Items(_file, "added_tokens", section))
            {
                tokens.Add(SettingsReader.ReadAddedToken(item, item.Integer("id")));
            }
        }

        HashSet<int> ids = [.. tokens.Select(token => token.Id)];
        HashSet<string> texts = [.. tokens.Select(token => token.Text)];
        tokens.AddRange(_settings.AddedTokens.Where(token => !ids.Contains(token.Id) && !texts.Contains(token.Text)));
        CheckAddedTokens(_file, _vocabulary, tokens);
        return tokens;
    }

    /// <exception cref="CheckpointException">An id is out of range or at odds with the vocabulary.</exception>
    internal static void CheckAddedTokens(string file, Vocabulary vocabulary, List<AddedToken> tokens)
    {
        int most = vocabulary.Size + tokens.Count + 65536;
        foreach (AddedToken token in tokens)
        {
            if (token.Id < 0 || token.Id >= most)
            {
                throw new CheckpointException(
                    file, $"the id of '{token.Text}' is out of range", field: "added_tokens", expected: $"0 to {most - 1}", found: $"{token.Id}");
            }

            if (vocabulary.TryFind(Encoding.UTF8.GetBytes(token.Text), out int known) && known != token.Id)
            {
                throw new CheckpointException(
                    file, $"the id of '{token.Text}' differs from the vocabulary's", field: "added_tokens", expected: $"{known}", found: $"{token.Id}");
            }
        }
    }

    private int? Find(string? text, List<AddedToken> added)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return added.Find(token => token.Text == text)?.Id ?? (_vocabulary.TryFind(Encoding.UTF8.GetBytes(text), out int id) ? id : null);
    }

    private static int? Within(int? id, int size) => id >= 0 && id < size ? id : null;

    /// <summary>The configuration's word about begin and end tokens stands above the post-processor's.</summary>
    private static void Apply(bool? adds, int? id, List<int> ids, bool atStart)
    {
        if (adds is null || id is null)
        {
            return;
        }

        ids.Remove(id.Value);
        if (adds.Value)
        {
            ids.Insert(atStart ? 0 : ids.Count, id.Value);
        }
    }

    private JsonSection? Section(string name)
    {
        if (!_json.Sections.TryGetValue(name, out JsonElement element) || element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return element.ValueKind == JsonValueKind.Object
            ? new JsonSection(_file, name, element)
            : throw new CheckpointException(_file, "has another type", field: name, expected: "an object or null", found: element.ValueKind.ToString());
    }

    private static bool Mentions(JsonSection section, string type)
    {
        if (section.Type == type)
        {
            return true;
        }

        string? list = section.Has("pretokenizers") ? "pretokenizers" : section.Has("decoders") ? "decoders" : null;
        return list is not null && section.Children(list).Any(child => Mentions(child, type));
    }
}
