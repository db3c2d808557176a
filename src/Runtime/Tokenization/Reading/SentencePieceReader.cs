using System.Text;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Decoding;
using Sparrow.Runtime.Tokenization.Normalization;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Builds a tokenizer from a SentencePiece <c>.model</c> (sentencepiece_model.proto) of type BPE.</summary>
internal sealed class SentencePieceReader
{
    private const int ByteModelType = 2;
    private const int MaxMarkerBytes = 1024;

    private readonly string _file;
    private readonly VocabularyBuilder _pieces;
    private readonly List<float> _scores = [];
    private readonly List<PieceKind> _kinds = [];

    // The defaults of the format.
    private int _modelType = 1;
    private int _beginId = 1;
    private int _endId = 2;
    private int _paddingId = -1;
    private bool _byteFallback;
    private string _unknownText = " ⁇ ";
    private bool _addDummyPrefix = true;
    private bool _removeExtraSpaces = true;
    private bool _escapeSpaces = true;

    private SentencePieceReader(string file)
    {
        _file = file;
        _pieces = new VocabularyBuilder(file, "pieces");
    }

    /// <exception cref="CheckpointException">Damaged, or of a kind that we do not have.</exception>
    public static PipelineTokenizer Read(string file, ReadOnlySpan<byte> model, TokenizerSettings settings, bool parsesMarkers)
    {
        SentencePieceReader reader = new(file);
        ProtobufReader fields = new(file, model);
        while (fields.Read())
        {
            switch (fields.Field)
            {
                case 1:
                    reader.ReadPiece(fields.Bytes);
                    break;
                case 2:
                    reader.ReadTrainer(fields.Bytes);
                    break;
                case 3:
                    reader.ReadNormalizer(fields.Bytes);
                    break;
            }
        }

        return reader.Build(settings, parsesMarkers);
    }

    private void ReadPiece(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> text = default;
        float score = 0;
        PieceKind kind = PieceKind.Normal;
        ProtobufReader fields = new(_file, message);
        while (fields.Read())
        {
            switch (fields.Field)
            {
                case 1:
                    text = fields.Bytes;
                    break;
                case 2:
                    score = fields.Single;
                    break;
                case 3:
                    kind = (PieceKind)fields.Int32;
                    break;
            }
        }

        string path = $"pieces[{_kinds.Count}]";
        if (kind is < PieceKind.Normal or > PieceKind.Byte)
        {
            throw new CheckpointException(_file, "the kind of a piece is not known", field: path, expected: "1 to 6", found: $"{(int)kind}");
        }

        if (text.IsEmpty || !System.Text.Unicode.Utf8.IsValid(text))
        {
            throw new CheckpointException(_file, "a piece is empty or not UTF-8", field: path);
        }

        _pieces.Add(text, _kinds.Count);
        _scores.Add(score);
        _kinds.Add(kind);
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        ProtobufReader fields = new(_file, message);
        while (fields.Read())
        {
            switch (fields.Field)
            {
                case 3:
                    _modelType = fields.Int32;
                    break;
                case 24 when fields.Flag:
                    throw new CheckpointException(_file, "white space as suffix is not supported", field: "trainer_spec.treat_whitespace_as_suffix");
                case 35:
                    _byteFallback = fields.Flag;
                    break;
                case 41:
                    _beginId = fields.Int32;
                    break;
                case 42:
                    _endId = fields.Int32;
                    break;
                case 43:
                    _paddingId = fields.Int32;
                    break;
                case 44:
                    _unknownText = Encoding.UTF8.GetString(fields.Bytes);
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        ProtobufReader fields = new(_file, message);
        string name = string.Empty;
        bool hasMap = false;
        while (fields.Read())
        {
            switch (fields.Field)
            {
                case 1:
                    name = Encoding.UTF8.GetString(fields.Bytes);
                    break;
                case 2:
                    hasMap = fields.Bytes.Length > 0;
                    break;
                case 3:
                    _addDummyPrefix = fields.Flag;
                    break;
                case 4:
                    _removeExtraSpaces = fields.Flag;
                    break;
                case 5:
                    _escapeSpaces = fields.Flag;
                    break;
            }
        }

        if (hasMap)
        {
            throw new CheckpointException(
                _file, "this normaliser's character map is not supported", field: "normalizer_spec", expected: "identity", found: name);
        }
    }

    private PipelineTokenizer Build(TokenizerSettings settings, bool parsesMarkers)
    {
        if (_kinds.Count == 0)
        {
            throw new CheckpointException(_file, "the model has no pieces", field: "pieces");
        }

        if (_modelType != ByteModelType)
        {
            throw new CheckpointException(
                _file, "this model type is not supported", field: "trainer_spec.model_type", expected: "2 (BPE)",
                found: _modelType switch { 1 => "1 (unigram)", 3 => "3 (words)", 4 => "4 (characters)", _ => $"{_modelType}" });
        }

        Vocabulary vocabulary = _pieces.Build();
        List<AddedToken> added = [];
        int unknown = -1;
        for (int id = 0; id < _kinds.Count; id++)
        {
            PieceKind kind = _kinds[id];
            if (kind == PieceKind.Unknown)
            {
                unknown = unknown < 0 ? id : throw new CheckpointException(_file, "there are two unknown pieces", field: $"pieces[{id}]");
            }

            if (kind is not (PieceKind.Unknown or PieceKind.Control or PieceKind.UserDefined))
            {
                continue;
            }

            if (vocabulary[id].Length > MaxMarkerBytes)
            {
                throw new CheckpointException(_file, "a marker is too long", field: $"pieces[{id}]", expected: $"at most {MaxMarkerBytes} bytes");
            }

            // User-defined pieces are cut out of the text that already shows its spaces; the others are looked for in the text as written.
            string text = Encoding.UTF8.GetString(vocabulary[id]);
            added.Add(kind == PieceKind.UserDefined
                ? new AddedToken(text, id, IsSpecial: false, IsNormalized: true)
                : new AddedToken(text, id, IsSpecial: true) { Searched = parsesMarkers ? text : string.Empty });
        }

        added.AddRange(settings.AddedTokens.Where(token => token.Id < vocabulary.Size && !added.Exists(known => known.Id == token.Id)));
        HuggingFaceReader.CheckAddedTokens(_file, vocabulary, added);
        int? begin = Control(_beginId);
        int? end = Control(_endId);
        ScoredPieces scored = new(_file, vocabulary, [.. _scores], [.. _kinds]);
        return new PipelineTokenizer(new TokenizerParts
        {
            VocabularySize = vocabulary.Size,
            AddedTokens = added,
            Normalizer = new SentencePieceNormalizer(_addDummyPrefix, _removeExtraSpaces, _escapeSpaces),
            Model = scored.BuildModel(_byteFallback, unknown),
            Pieces = scored.BuildTable(
                _unknownText, _removeExtraSpaces ? StartRule.SpaceOfEachPiece : _addDummyPrefix ? StartRule.OneSpace : StartRule.None),
            PrefixIds = begin is not null && (settings.AddsBeginOfSequence ?? true) ? [begin.Value] : [],
            SuffixIds = end is not null && (settings.AddsEndOfSequence ?? false) ? [end.Value] : [],
            BeginOfSequenceId = begin,
            EndOfSequenceId = end,
            PaddingId = Control(_paddingId),
            UnknownId = unknown < 0 ? null : unknown,
            ClassName = settings.ClassName ?? "SentencePiece",
        });
    }

    private int? Control(int id) => id >= 0 && id < _kinds.Count && _kinds[id] is PieceKind.Control or PieceKind.UserDefined ? id : null;
}
