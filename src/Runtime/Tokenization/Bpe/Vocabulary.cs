namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>
/// Pieces by id and ids by piece. All texts lie in one UTF-8 buffer and the lookup is one open-addressed table: a vocabulary of 150,000
/// loads without 150,000 strings.
/// </summary>
internal sealed class Vocabulary
{
    private readonly byte[] _text;
    private readonly (int Start, int Length)[] _pieces;
    private readonly int[] _slots;

    /// <param name="text">The buffer that the pieces lie in.</param>
    /// <param name="pieces">Place of each id's piece; a length below zero where the id has none.</param>
    /// <param name="slots">Table of id + 1, a power of two long, at least twice as many slots as pieces.</param>
    internal Vocabulary(byte[] text, (int Start, int Length)[] pieces, int[] slots)
    {
        _text = text;
        _pieces = pieces;
        _slots = slots;
        foreach ((int _, int length) in pieces)
        {
            LongestPieceBytes = Math.Max(LongestPieceBytes, length);
        }
    }

    /// <summary>One more than the largest id.</summary>
    public int Size => _pieces.Length;

    public int LongestPieceBytes { get; }

    /// <summary>The piece's UTF-8, empty where the id has none.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            (int start, int length) = _pieces[id];
            return length < 0 ? default : _text.AsSpan(start, length);
        }
    }

    public bool Contains(int id) => (uint)id < (uint)_pieces.Length && _pieces[id].Length >= 0;

    public bool TryFind(ReadOnlySpan<byte> piece, out int id)
    {
        if (piece.Length <= LongestPieceBytes)
        {
            for (int slot = Hash(piece) & (_slots.Length - 1); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
            {
                id = _slots[slot] - 1;
                if (this[id].SequenceEqual(piece))
                {
                    return true;
                }
            }
        }

        id = -1;
        return false;
    }

    /// <summary>Seeded by the process, so that no file can be made whose pieces all collide.</summary>
    internal static int Hash(ReadOnlySpan<byte> piece)
    {
        HashCode hash = default;
        hash.AddBytes(piece);
        return hash.ToHashCode();
    }
}
