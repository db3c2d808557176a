using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Decoding;
using Sparrow.Runtime.Tokenization.PreTokenization;

namespace Sparrow.Runtime.Tokenization;

/// <summary>
/// The one tokenizer there is; files differ in its parts. A text is cut at added tokens, normalised, cut at the added tokens that are
/// looked for after normalising, cut into words, and each word becomes ids.
/// </summary>
internal sealed class PipelineTokenizer : Tokenizer
{
    /// <summary>Longer words take a rented buffer.</summary>
    private const int StackBytes = 512;

    private readonly TokenizerParts _parts;
    private readonly AddedTokenMatcher _rawTokens;
    private readonly AddedTokenMatcher _normalizedTokens;
    private readonly bool[] _isSpecial;

    public PipelineTokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _rawTokens = new AddedTokenMatcher(parts.AddedTokens.Where(token => !token.IsNormalized));
        _normalizedTokens = new AddedTokenMatcher(parts.AddedTokens.Where(token => token.IsNormalized));
        _isSpecial = new bool[parts.VocabularySize];
        Dictionary<string, int> special = new(StringComparer.Ordinal);
        foreach (AddedToken token in parts.AddedTokens.Where(token => token.IsSpecial))
        {
            _isSpecial[token.Id] = true;
            special[token.Text] = token.Id;
        }

        SpecialTokens = special;
    }

    public override int VocabularySize => _parts.VocabularySize;

    public override int? BeginOfSequenceId => _parts.BeginOfSequenceId;

    public override int? EndOfSequenceId => _parts.EndOfSequenceId;

    public override int? PaddingId => _parts.PaddingId;

    public override int? UnknownId => _parts.UnknownId;

    public override string ClassName => _parts.ClassName;

    public override IReadOnlyDictionary<string, int> SpecialTokens { get; }

    internal TokenizerParts Parts => _parts;

    public override int[] Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = ReplaceLoneSurrogates(text);
        List<int> ids = new(text.Length / 3);
        if (addSpecialTokens)
        {
            ids.AddRange(_parts.PrefixIds);
        }

        int from = 0;
        while (from < text.Length)
        {
            AddedToken? token = _rawTokens.Find(text, from, out int start, out int end);
            EncodeNormalized(text[from..start], from == 0, ids);
            if (token is not null)
            {
                ids.Add(token.Id);
            }

            from = end;
        }

        if (addSpecialTokens)
        {
            ids.AddRange(_parts.SuffixIds);
        }

        return [.. ids];
    }

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        ArrayBufferWriter<byte> bytes = new(Math.Max(16, 4 * ids.Length));
        TextStart start = TextStart.Before;
        foreach (int id in ids)
        {
            CheckId(id);
            if (!skipSpecialTokens || !_isSpecial[id])
            {
                bytes.Write(_parts.Pieces.Take(id, ref start));
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public override ReadOnlySpan<byte> GetTokenBytes(int id)
    {
        CheckId(id);
        return _parts.Pieces[id];
    }

    public override bool IsSpecial(int id)
    {
        CheckId(id);
        return _isSpecial[id];
    }

    public override IncrementalDetokenizer CreateDetokenizer(bool skipSpecialTokens, ReadOnlySpan<int> precedingIds = default)
    {
        TextStart start = TextStart.Before;
        foreach (int id in precedingIds)
        {
            CheckId(id);
            if (!skipSpecialTokens || !_isSpecial[id])
            {
                _parts.Pieces.Take(id, ref start);
            }

            if (start == TextStart.Past)
            {
                break;
            }
        }

        return new PieceDetokenizer(this, _parts.Pieces, skipSpecialTokens, start);
    }

    internal void CheckId(int id)
    {
        if ((uint)id >= (uint)_isSpecial.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"The vocabulary has ids 0 to {_isSpecial.Length - 1}.");
        }
    }

    private void EncodeNormalized(string text, bool isTextStart, List<int> ids)
    {
        text = _parts.Normalizer?.Normalize(text) ?? text;
        if (_normalizedTokens.IsEmpty)
        {
            EncodeWords(text, isTextStart, ids);
            return;
        }

        int from = 0;
        while (from < text.Length)
        {
            AddedToken? token = _normalizedTokens.Find(text, from, out int start, out int end);
            EncodeWords(text[from..start], isTextStart && from == 0, ids);
            if (token is not null)
            {
                ids.Add(token.Id);
            }

            from = end;
        }
    }

    private void EncodeWords(string text, bool isTextStart, List<int> ids)
    {
        WordList words = new(text, isTextStart);
        _parts.PreTokenizer?.Apply(words);
        Span<byte> stack = stackalloc byte[StackBytes];
        foreach ((int start, int length) in CollectionsMarshal.AsSpan(words.Words))
        {
            ReadOnlySpan<char> word = words.Text.AsSpan(start, length);
            int most = Encoding.UTF8.GetMaxByteCount(length);
            byte[]? rented = most > StackBytes ? ArrayPool<byte>.Shared.Rent(most) : null;
            Span<byte> bytes = rented ?? stack;
            _parts.Model.Encode(bytes[..Encoding.UTF8.GetBytes(word, bytes)], ids);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private static string ReplaceLoneSurrogates(string text)
    {
        int at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (at < 0)
        {
            return text;
        }

        char[]? fixedText = null;
        while (at < text.Length)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out _, out int consumed) != OperationStatus.Done)
            {
                fixedText ??= text.ToCharArray();
                fixedText[at] = '\uFFFD';
            }

            at += consumed;
        }

        return fixedText is null ? text : new string(fixedText);
    }
}
