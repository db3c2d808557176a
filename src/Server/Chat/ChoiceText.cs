using System.Text;
using Sparrow.Runtime;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Server.Chat;

/// <summary>
/// Turns one choice's tokens into the text and the token entries that may be sent. Text is withheld while it could be the beginning of a stop
/// string or of an unfinished character (T-8); token entries are withheld with the text they belong to, so that their joined bytes are the text
/// (L-2) whatever has been sent so far.
/// </summary>
internal sealed class ChoiceText
{
    private readonly IncrementalDetokenizer? _detokenizer;
    private readonly TokenText _tokens;
    private readonly int _vocabularySize;
    private readonly ChoiceTextOptions _options;

    private readonly StringBuilder _held = new();
    private readonly StringBuilder _ready = new();
    private readonly List<TokenEntry> _readyTokens = [];

    // Tokens whose text is not yet released. Those from _openIndex on have yielded no text so far and belong to the text that comes next.
    private readonly List<WaitingToken> _waiting = [];
    private int _openIndex;

    private int _state = StopSequences.Start;

    // UTF-16 lengths of what came out of the detokenizer and of what was released; the former in Unicode characters too, for text offsets.
    private int _receivedLength;
    private int _releasedLength;
    private int _receivedRunes;

    private long _releasedTextBytes;
    private long _releasedTokenBytes;
    private bool _hasReplacement;

    /// <param name="tokenizer">Null for a model that is served on token ids alone.</param>
    /// <param name="promptTokens">What stands before the choice.</param>
    /// <param name="options">What to look for and what to keep.</param>
    public ChoiceText(Tokenizer? tokenizer, ReadOnlySpan<int> promptTokens, ChoiceTextOptions options)
    {
        _options = options;
        _tokens = new TokenText(tokenizer, asIds: false);
        _vocabularySize = tokenizer?.VocabularySize ?? 0;
        _receivedRunes = options.FirstTextOffset;
        _detokenizer = tokenizer?.CreateDetokenizer(options.SkipSpecialTokens, Known(promptTokens, _vocabularySize));
    }

    /// <summary>The stop string that ended the choice, or null.</summary>
    public string? MatchedStop { get; private set; }

    /// <summary>Tokens taken so far.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Text that may be sent and was not taken yet.</summary>
    public StringBuilder ReadyText => _ready;

    /// <summary>Token entries that may be sent and were not taken yet; none unless they are kept.</summary>
    public IReadOnlyList<TokenEntry> ReadyTokens => _readyTokens;

    public bool HasReady => _ready.Length > 0 || _readyTokens.Count > 0;

    /// <summary>Takes the next token.</summary>
    /// <returns>Whether a stop string was found: the choice has ended, and further tokens do not belong to it.</returns>
    public bool Append(in GeneratedToken token)
    {
        TokenCount++;
        if (_options.KeepTokens)
        {
            _waiting.Add(new WaitingToken(token, _receivedLength, _receivedRunes));
        }

        return (uint)token.TokenId < (uint)_vocabularySize && Take(_detokenizer!.Append(token.TokenId));
    }

    /// <summary>The choice has no more tokens: releases what was withheld.</summary>
    public void Finish()
    {
        if (MatchedStop is not null || Take(_detokenizer?.Flush() ?? ""))
        {
            return;
        }

        Release(_held.Length);
        foreach (WaitingToken waiting in _waiting)
        {
            ReleaseToken(waiting, long.MaxValue);
        }

        _waiting.Clear();
    }

    /// <summary>Forgets what was ready, after it was written.</summary>
    public void ClearReady()
    {
        _ready.Clear();
        _readyTokens.Clear();
    }

    private bool Take(string text)
    {
        if (text.Length == 0)
        {
            return false;
        }

        bool isFirst = _receivedLength == 0;
        _receivedLength += text.Length;
        _receivedRunes += CountRunes(text);
        CloseGroup(isFirst ? text : null);

        if (_options.Stop is null || TokenCount <= _options.MinTokens)
        {
            _held.Append(text);
            Release(_held.Length);
            return false;
        }

        foreach (char character in text)
        {
            _held.Append(character);
            _state = _options.Stop.Advance(_state, character);
            if (_options.Stop.Match(_state) is string match)
            {
                Cut(match);
                return true;
            }
        }

        Release(_held.Length - _options.Stop.Depth(_state));
        return false;
    }

    // Tokens that waited for text have it now. SentencePiece drops the space that its first piece begins with.
    private void CloseGroup(string? firstText)
    {
        bool spaceWasDropped = firstText is not null && firstText[0] != ' ';
        for (; _openIndex < _waiting.Count; _openIndex++)
        {
            WaitingToken waiting = _waiting[_openIndex];
            waiting.End = _receivedLength;
            ReadOnlySpan<byte> bytes = ShownBytes(waiting.Token.TokenId);
            if (spaceWasDropped && bytes.Length > 0)
            {
                waiting.FirstByte = bytes[0] == (byte)' ' ? 1 : 0;
                spaceWasDropped = false;
            }

            _waiting[_openIndex] = waiting;
        }
    }

    private void Cut(string match)
    {
        MatchedStop = match;
        Release(_options.IncludeStop ? _held.Length : _held.Length - match.Length);
        _held.Clear();
        foreach (WaitingToken waiting in _waiting)
        {
            if (waiting.Start >= _releasedLength)
            {
                break;
            }

            // The token that the cut goes through gives only the bytes before it. Where the text holds U+FFFD, bytes and text cannot be
            // compared, and the token is shown whole.
            ReleaseToken(waiting, _hasReplacement ? long.MaxValue : Math.Max(0, _releasedTextBytes - _releasedTokenBytes));
        }

        _waiting.Clear();
    }

    private void Release(int length)
    {
        if (length <= 0)
        {
            return;
        }

        string text = _held.ToString(0, length);
        _held.Remove(0, length);
        _ready.Append(text);
        _releasedLength += length;
        if (!_options.KeepTokens)
        {
            return;
        }

        _releasedTextBytes += Encoding.UTF8.GetByteCount(text);
        _hasReplacement |= text.Contains('\uFFFD', StringComparison.Ordinal);
        int count = 0;
        while (count < _openIndex && _waiting[count].End <= _releasedLength)
        {
            ReleaseToken(_waiting[count++], long.MaxValue);
        }

        _waiting.RemoveRange(0, count);
        _openIndex -= count;
    }

    private void ReleaseToken(in WaitingToken waiting, long maxBytes)
    {
        GeneratedToken token = waiting.Token;
        int bytes = (int)Math.Min(Math.Max(0, ShownBytes(token.TokenId).Length - waiting.FirstByte), maxBytes);
        _releasedTokenBytes += bytes;
        _readyTokens.Add(new TokenEntry(token.TokenId, token.Logprob, token.Alternatives, waiting.TextOffset, waiting.FirstByte, bytes));
    }

    private ReadOnlySpan<byte> ShownBytes(int id) => _options.SkipSpecialTokens && _tokens.IsSpecial(id) ? [] : _tokens.Bytes(id);

    private static int CountRunes(string text)
    {
        int count = text.Length;
        foreach (char character in text)
        {
            if (char.IsLowSurrogate(character))
            {
                count--;
            }
        }

        return count;
    }

    private static int[] Known(ReadOnlySpan<int> ids, int vocabularySize)
    {
        List<int> known = new(ids.Length);
        foreach (int id in ids)
        {
            if ((uint)id < (uint)vocabularySize)
            {
                known.Add(id);
            }
        }

        return [.. known];
    }

    /// <summary>A token and the stretch of received text that it belongs to.</summary>
    private struct WaitingToken(in GeneratedToken token, int start, int textOffset)
    {
        public readonly GeneratedToken Token { get; } = token;

        public readonly int Start { get; } = start;

        public readonly int TextOffset { get; } = textOffset;

        public int End { get; set; } = int.MaxValue;

        public int FirstByte { get; set; }
    }
}
