using System.Text;

namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>
/// SentencePiece's kind: the first symbols are characters; what is no piece falls back to byte pieces (<c>&lt;0x0A&gt;</c>) or to the
/// unknown id. Subclasses say how pairs merge.
/// </summary>
internal abstract class CharacterBpeModel : BpeModel
{
    private static readonly byte[] s_mark = "▁"u8.ToArray();

    private readonly int[] _byteIds = new int[256];
    private readonly bool _byteFallback;
    private readonly int _unknownId;
    private readonly bool _fuseUnknown;

    /// <summary>Characters that some piece has before a mark; null where text must not be cut at marks.</summary>
    private readonly HashSet<Rune>? _joinsToMark;

    protected CharacterBpeModel(Vocabulary vocabulary, bool byteFallback, int unknownId, bool fuseUnknown)
        : base(vocabulary)
    {
        _byteFallback = byteFallback;
        _unknownId = unknownId;
        _fuseUnknown = fuseUnknown;
        for (int value = 0; value < 256; value++)
        {
            _byteIds[value] = vocabulary.TryFind(Encoding.ASCII.GetBytes($"<0x{value:X2}>"), out int id) ? id : -1;
        }

        if (vocabulary.TryFind(s_mark, out _))
        {
            _joinsToMark = FindJoins(vocabulary);
        }
    }

    public override void Encode(ReadOnlySpan<byte> word, List<int> ids)
    {
        // Such a model has no pre-tokens: a whole text arrives as one word. No merge crosses from a character to a mark that no piece has
        // in this order, so cutting there changes nothing, and brings ordinary words back to the cache.
        if (_joinsToMark is not null)
        {
            int from = 0;
            while (from < word.Length)
            {
                int cut = word[(from + 1)..].IndexOf(s_mark);
                if (cut < 0)
                {
                    break;
                }

                cut += from + 1;
                int start = from;
                while (cut < word.Length)
                {
                    Rune.DecodeLastFromUtf8(word[start..cut], out Rune before, out _);
                    if (!_joinsToMark.Contains(before))
                    {
                        break;
                    }

                    int next = word[(cut + 1)..].IndexOf(s_mark);
                    start = cut;
                    cut = next < 0 ? word.Length : cut + 1 + next;
                }

                base.Encode(word[from..cut], ids);
                from = cut;
            }

            word = word[from..];
        }

        base.Encode(word, ids);
    }

    protected override int Split(ReadOnlySpan<byte> word, Span<Symbol> symbols)
    {
        int count = 0;
        for (int at = 0; at < word.Length;)
        {
            Rune.DecodeFromUtf8(word[at..], out _, out int length);
            symbols[count++] = new Symbol(at, length, Vocabulary.TryFind(word.Slice(at, length), out int id) ? id : -1);
            at += length;
        }

        return count;
    }

    protected override void Emit(ReadOnlySpan<byte> word, ReadOnlySpan<Symbol> symbols, List<int> ids)
    {
        bool afterUnknown = false;
        foreach (ref readonly Symbol symbol in symbols)
        {
            if (symbol.Id >= 0)
            {
                EmitPiece(word, symbol, ids);
                afterUnknown = false;
            }
            else if (_byteFallback && HasBytes(word.Slice(symbol.Start, symbol.Length)))
            {
                foreach (byte value in word.Slice(symbol.Start, symbol.Length))
                {
                    ids.Add(_byteIds[value]);
                }

                afterUnknown = false;
            }
            else if (_unknownId >= 0)
            {
                if (!afterUnknown || !_fuseUnknown)
                {
                    ids.Add(_unknownId);
                }

                afterUnknown = true;
            }
        }
    }

    protected virtual void EmitPiece(ReadOnlySpan<byte> word, in Symbol symbol, List<int> ids) => ids.Add(symbol.Id);

    private bool HasBytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (_byteIds[value] < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static HashSet<Rune> FindJoins(Vocabulary vocabulary)
    {
        HashSet<Rune> joins = [];
        for (int id = 0; id < vocabulary.Size; id++)
        {
            ReadOnlySpan<byte> piece = vocabulary[id];
            for (int at = 1; at < piece.Length; at++)
            {
                int next = piece[at..].IndexOf(s_mark);
                if (next < 0)
                {
                    break;
                }

                at += next;
                Rune.DecodeLastFromUtf8(piece[..at], out Rune before, out _);
                joins.Add(before);
            }
        }

        return joins;
    }
}
