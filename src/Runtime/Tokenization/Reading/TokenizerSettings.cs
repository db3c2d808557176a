namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>What stands beside the vocabulary: in tokenizer_config.json, special_tokens_map.json and config.json.</summary>
internal sealed record TokenizerSettings
{
    public string? ClassName { get; init; }

    public string? BeginOfSequence { get; init; }

    public string? EndOfSequence { get; init; }

    public string? Padding { get; init; }

    public string? Unknown { get; init; }

    /// <summary>Whether a begin token is added; null leaves it to the tokenizer's own post-processor.</summary>
    public bool? AddsBeginOfSequence { get; init; }

    public bool? AddsEndOfSequence { get; init; }

    /// <summary>Ids from the model's configuration, for files that name no tokens.</summary>
    public int? BeginOfSequenceId { get; init; }

    public int? EndOfSequenceId { get; init; }

    /// <summary>Added tokens that the configuration lists, for vocabularies without any of their own.</summary>
    public IReadOnlyList<AddedTokens.AddedToken> AddedTokens { get; init; } = [];
}
