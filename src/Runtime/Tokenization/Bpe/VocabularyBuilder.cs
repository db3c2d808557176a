using System.Numerics;
using System.Text;
using Sparrow.Runtime.Loading;

namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>Collects pieces and checks them.</summary>
/// <param name="file">The file they come from, for messages.</param>
/// <param name="field">The field they come from.</param>
internal sealed class VocabularyBuilder(string file, string field)
{
    /// <summary>Eight times the largest vocabulary known; a bound for damaged files.</summary>
    private const int MaxPieces = 1 << 21;

    private readonly List<(int Start, int Length, int Id)> _entries = [];
    private byte[] _text = new byte[1024];
    private int _used;

    public int Count => _entries.Count;

    /// <summary>Where the next piece of at most this many bytes may be written before <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int maxBytes)
    {
        if (_text.Length - _used < maxBytes)
        {
            Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, Math.Max(2L * _text.Length, (long)_used + maxBytes)));
        }

        return _text.AsSpan(_used, maxBytes);
    }

    public void Commit(int bytes, long id)
    {
        if (id is < 0 or >= MaxPieces)
        {
            throw new CheckpointException(
                file, "a piece's id is out of range", field: field, expected: $"0 to {MaxPieces - 1}", found: id.ToString(Invariant));
        }

        if (_entries.Count >= MaxPieces)
        {
            throw new CheckpointException(file, "the vocabulary is too large", field: field, expected: $"at most {MaxPieces} pieces");
        }

        _entries.Add((_used, bytes, (int)id));
        _used += bytes;
    }

    public void Add(ReadOnlySpan<byte> piece, long id)
    {
        piece.CopyTo(Reserve(piece.Length));
        Commit(piece.Length, id);
    }

    public void Add(string piece, long id) => Commit(Encoding.UTF8.GetBytes(piece, Reserve(Encoding.UTF8.GetMaxByteCount(piece.Length))), id);

    /// <param name="repeats">
    /// Whether a text may stand twice, as padding pieces in GGUF do: then the first one is found by its text and both decode.
    /// </param>
    public Vocabulary Build(bool repeats = false)
    {
        int size = 0;
        foreach ((int _, int _, int id) in _entries)
        {
            size = Math.Max(size, id + 1);
        }

        // Real vocabularies have few holes; an id far out would only cost memory.
        long allowed = (4L * _entries.Count) + 65536;
        if (size > allowed)
        {
            throw new CheckpointException(
                file, "ids lie too far apart", field: field, expected: $"ids below {allowed} for {_entries.Count} pieces", found: (size - 1).ToString(Invariant));
        }

        (int Start, int Length)[] pieces = new (int, int)[size];
        Array.Fill(pieces, (0, -1));
        int[] slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2 * _entries.Count))];
        foreach ((int start, int length, int id) in _entries)
        {
            if (pieces[id].Length >= 0)
            {
                throw new CheckpointException(file, "two pieces have the same id", field: field, found: id.ToString(Invariant));
            }

            pieces[id] = (start, length);
            ReadOnlySpan<byte> piece = _text.AsSpan(start, length);
            int slot = Vocabulary.Hash(piece) & (slots.Length - 1);
            bool known = false;
            while (slots[slot] != 0)
            {
                (int otherStart, int otherLength) = pieces[slots[slot] - 1];
                if (_text.AsSpan(otherStart, otherLength).SequenceEqual(piece))
                {
                    known = true;
                    break;
                }

                slot = (slot + 1) & (slots.Length - 1);
            }

            if (known && !repeats)
            {
                throw new CheckpointException(file, "a piece stands twice", field: field, found: Encoding.UTF8.GetString(piece));
            }

            if (!known)
            {
                slots[slot] = id + 1;
            }
        }

        return new Vocabulary(_text, pieces, slots);
    }

    private static System.Globalization.CultureInfo Invariant => System.Globalization.CultureInfo.InvariantCulture;
}
