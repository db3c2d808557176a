namespace Sparrow.Runtime.Tokenization;

/// <summary>Text to token ids and back. Instances are immutable and safe for concurrent use.</summary>
public abstract class Tokenizer
{
    /// <summary>Number of ids: one more than the largest.</summary>
    public abstract int VocabularySize { get; }

    public abstract int? BeginOfSequenceId { get; }

    public abstract int? EndOfSequenceId { get; }

    public abstract int? PaddingId { get; }

    public abstract int? UnknownId { get; }

    /// <summary>Hugging Face's or GGUF's name for its kind, as <c>/tokenizer_info</c> shows it.</summary>
    public abstract string ClassName { get; }

    /// <summary>Added tokens that are special (left out of generated text), by text.</summary>
    public abstract IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>Encodes text. Special tokens written in the text are parsed as such.</summary>
    /// <param name="text">Any UTF-16 text; lone surrogates become U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to put the begin (and end) token that the tokenizer is set up to add.</param>
    public abstract int[] Encode(string text, bool addSpecialTokens = true);

    /// <summary>Decodes ids to text, bytes that are no UTF-8 as U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id outside the vocabulary.</exception>
    public abstract string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false);

    /// <summary>The bytes that an id adds to a text, as it stands in the middle of one; empty for ids without text.</summary>
    public abstract ReadOnlySpan<byte> GetTokenBytes(int id);

    public abstract bool IsSpecial(int id);

    /// <summary>A decoder for one stream of ids.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    /// <param name="precedingIds">Ids before the stream, for a rule that depends on them (SentencePiece strips the space of a text's first piece).</param>
    public abstract IncrementalDetokenizer CreateDetokenizer(bool skipSpecialTokens, ReadOnlySpan<int> precedingIds = default);
}

/// <summary>Turns one stream of ids to text, id by id, never emitting half a character. Joined pieces equal the whole text's decoding.</summary>
public abstract class IncrementalDetokenizer
{
    /// <summary>Takes the next id; returns the text that is certain now, often empty.</summary>
    public abstract string Append(int id);

    /// <summary>The stream has ended: returns what was held back, broken UTF-8 as U+FFFD.</summary>
    public abstract string Flush();
}
