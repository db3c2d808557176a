namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>GPT-2's kind: the first symbols are bytes, merges go by pairs of ids.</summary>
internal sealed class ByteLevelBpeModel : BpeModel
{
    /// <summary>Longer words than any piece need no look in the vocabulary; this bounds the buffer for the look.</summary>
    private const int WholeWordBytes = 512;

    private readonly MergeTable _merges;
    private readonly bool _ignoreMerges;
    private readonly int[] _byteIds = new int[256];
    private readonly int _unknownId;

    /// <param name="vocabulary">Pieces in the byte alphabet.</param>
    /// <param name="merges">Merges by ids.</param>
    /// <param name="ignoreMerges">Whether a word that is itself a piece is taken whole (Llama 3).</param>
    /// <param name="unknownId">The id for a byte without piece, or −1 to leave such bytes out.</param>
    public ByteLevelBpeModel(Vocabulary vocabulary, MergeTable merges, bool ignoreMerges, int unknownId)
        : base(vocabulary)
    {
        _merges = merges;
        _ignoreMerges = ignoreMerges;
        _unknownId = unknownId;
        Span<byte> piece = stackalloc byte[2];
        for (int value = 0; value < 256; value++)
        {
            int count = ByteAlphabet.Write([(byte)value], piece);
            _byteIds[value] = vocabulary.TryFind(piece[..count], out int id) ? id : -1;
        }
    }

    public override void Encode(ReadOnlySpan<byte> word, List<int> ids)
    {
        if (_ignoreMerges && word.Length is > 0 and <= WholeWordBytes)
        {
            Span<byte> piece = stackalloc byte[2 * WholeWordBytes];
            int count = ByteAlphabet.Write(word, piece);
            if (Vocabulary.TryFind(piece[..count], out int id))
            {
                ids.Add(id);
                return;
            }
        }

        base.Encode(word, ids);
    }

    protected override int Split(ReadOnlySpan<byte> word, Span<Symbol> symbols)
    {
        for (int i = 0; i < word.Length; i++)
        {
            symbols[i] = new Symbol(i, 1, _byteIds[word[i]]);
        }

        return word.Length;
    }

    protected override bool TryMerge(ReadOnlySpan<byte> word, in Symbol left, in Symbol right, out int rank, out int merged) =>
        _merges.TryFind(left.Id, right.Id, out rank, out merged);

    protected override void Emit(ReadOnlySpan<byte> word, ReadOnlySpan<Symbol> symbols, List<int> ids)
    {
        foreach (ref readonly Symbol symbol in symbols)
        {
            int id = symbol.Id >= 0 ? symbol.Id : _unknownId;
            if (id >= 0)
            {
                ids.Add(id);
            }
        }
    }
}
