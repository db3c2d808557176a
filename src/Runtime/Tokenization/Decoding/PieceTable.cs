namespace Sparrow.Runtime.Tokenization.Decoding;

/// <summary>The bytes that each id adds to a text, and the rule for a text's beginning.</summary>
internal sealed class PieceTable
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly int _unstrippedId;

    /// <param name="size">Number of ids.</param>
    /// <param name="capacityHint">About how many bytes there will be in all.</param>
    /// <param name="decode">An id's bytes; read before the next call.</param>
    /// <param name="startRule">What a text loses at its beginning.</param>
    /// <param name="unstrippedId">An id whose own space is no mark and stays, or −1.</param>
    public PieceTable(int size, int capacityHint, Func<int, ReadOnlySpan<byte>> decode, StartRule startRule, int unstrippedId = -1)
    {
        StartRule = startRule;
        _unstrippedId = unstrippedId;
        _starts = new int[size + 1];
        byte[] bytes = new byte[Math.Max(16, capacityHint)];
        int used = 0;
        for (int id = 0; id < size; id++)
        {
            ReadOnlySpan<byte> piece = decode(id);
            if (bytes.Length - used < piece.Length)
            {
                Array.Resize(ref bytes, Math.Max(2 * bytes.Length, used + piece.Length));
            }

            piece.CopyTo(bytes.AsSpan(used));
            used += piece.Length;
            _starts[id + 1] = used;
        }

        _bytes = bytes;
    }

    public StartRule StartRule { get; }

    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]);

    /// <summary>An id's bytes where it stands, and the state for the next one.</summary>
    /// <param name="id">The id.</param>
    /// <param name="start">How far the beginning of the text is past.</param>
    public ReadOnlySpan<byte> Take(int id, ref TextStart start)
    {
        ReadOnlySpan<byte> piece = this[id];
        if (start == TextStart.Past || id == _unstrippedId)
        {
            start = TextStart.Past;
            return piece;
        }

        switch (StartRule)
        {
            case StartRule.OneSpace when piece.Length > 0:
                start = TextStart.Past;
                return piece[0] == ' ' ? piece[1..] : piece;
            case StartRule.SpaceOfEachPiece:
                piece = piece.Length > 0 && piece[0] == ' ' ? piece[1..] : piece;
                start = piece.Length > 0 ? TextStart.Past : start;
                return piece;
            case StartRule.SpacesOfFirstPiece:
                start = TextStart.Past;
                return piece.TrimStart((byte)' ');
            case StartRule.None:
                start = TextStart.Past;
                return piece;
            default:
                return piece;
        }
    }
}
