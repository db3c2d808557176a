using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Decoding;
using Sparrow.Runtime.Tokenization.Normalization;
using Sparrow.Runtime.Tokenization.PreTokenization;

namespace Sparrow.Runtime.Tokenization;

/// <summary>What a reader found in a file: the parts of a <see cref="PipelineTokenizer"/>.</summary>
internal sealed record TokenizerParts
{
    /// <summary>One more than the largest id of pieces and added tokens.</summary>
    public required int VocabularySize { get; init; }

    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    public TextNormalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public required BpeModel Model { get; init; }

    public required PieceTable Pieces { get; init; }

    /// <summary>Ids put before a text that is encoded with special tokens.</summary>
    public int[] PrefixIds { get; init; } = [];

    /// <summary>Ids put after it.</summary>
    public int[] SuffixIds { get; init; } = [];

    public int? BeginOfSequenceId { get; init; }

    public int? EndOfSequenceId { get; init; }

    public int? PaddingId { get; init; }

    public int? UnknownId { get; init; }

    public required string ClassName { get; init; }
}
