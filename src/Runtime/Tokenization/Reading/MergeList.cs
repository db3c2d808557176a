using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.Bpe;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Merges as texts, in order, until the vocabulary is known and they become ids.</summary>
/// <param name="file">The file they come from.</param>
/// <param name="field">The field they come from.</param>
internal sealed class MergeList(string file, string field)
{
    /// <summary>Eight times the largest list known; a bound for damaged files.</summary>
    private const int MaxMerges = 1 << 21;

    private readonly List<(int Start, int Left, int Right)> _merges = [];
    private byte[] _text = new byte[1024];
    private int _used;

    /// <summary>Adds <c>left right</c>, one space between.</summary>
    public void Add(ReadOnlySpan<byte> merge)
    {
        int space = merge.IndexOf((byte)' ');
        if (space <= 0 || space == merge.Length - 1 || merge[(space + 1)..].Contains((byte)' '))
        {
            throw new CheckpointException(
                file, "a merge is not two pieces with a space between", field: $"{field}[{_merges.Count}]",
                found: System.Text.Encoding.UTF8.GetString(merge[..Math.Min(merge.Length, 80)]));
        }

        Add(merge[..space], merge[(space + 1)..]);
    }

    public void Add(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (_merges.Count >= MaxMerges)
        {
            throw new CheckpointException(file, "there are too many merges", field: field, expected: $"at most {MaxMerges}");
        }

        int length = left.Length + right.Length;
        if (_text.Length - _used < length)
        {
            Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, Math.Max(2L * _text.Length, (long)_used + length)));
        }

        left.CopyTo(_text.AsSpan(_used));
        right.CopyTo(_text.AsSpan(_used + left.Length));
        _merges.Add((_used, left.Length, right.Length));
        _used += length;
    }

    public MergeTable Resolve(Vocabulary vocabulary)
    {
        MergeTable table = new(_merges.Count);
        for (int rank = 0; rank < _merges.Count; rank++)
        {
            (int start, int left, int right) = _merges[rank];
            table.Add(
                Id(vocabulary, rank, start, left), Id(vocabulary, rank, start + left, right), rank, Id(vocabulary, rank, start, left + right));
        }

        return table;
    }

    private int Id(Vocabulary vocabulary, int rank, int start, int length) =>
        vocabulary.TryFind(_text.AsSpan(start, length), out int id) ? id : throw new CheckpointException(
            file, "a merge names a piece that the vocabulary lacks", field: $"{field}[{rank}]",
            found: System.Text.Encoding.UTF8.GetString(_text.AsSpan(start, Math.Min(length, 80))));
}
