using System.Numerics;

namespace Sparrow.Compression.Pruning;

/// <summary>
/// Which weights of a matrix are kept, a bit each (1 = kept, column c at bit c mod 64). Explicit, because a zero weight is not a pruned one: a kept
/// weight may round to 0 and must still be trainable.
/// </summary>
/// <remarks>A row starts at a word of its own, so that rows can be written by different threads.</remarks>
public sealed class PruneMask : IEquatable<PruneMask>
{
    private readonly ulong[] _words;
    private readonly int _rowWords;

    /// <summary>Makes a mask that keeps everything.</summary>
    public PruneMask(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Rows = rows;
        Columns = columns;
        _rowWords = (columns + 63) / 64;
        _words = new ulong[rows * _rowWords];
        Array.Fill(_words, ulong.MaxValue);
        if (columns % 64 != 0)
        {
            // Bits beyond the row are 0, so that counts need no special case.
            for (int row = 0; row < rows; row++)
            {
                _words[((row + 1) * _rowWords) - 1] = (1UL << (columns % 64)) - 1;
            }
        }
    }

    private PruneMask(PruneMask other)
    {
        (Rows, Columns, _rowWords) = (other.Rows, other.Columns, other._rowWords);
        _words = [.. other._words];
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Number of pruned weights.</summary>
    public long PrunedCount
    {
        get
        {
            long kept = 0;
            foreach (ulong word in _words)
            {
                kept += BitOperations.PopCount(word);
            }

            return ((long)Rows * Columns) - kept;
        }
    }

    /// <summary>Pruned share.</summary>
    public double Sparsity => (double)PrunedCount / ((long)Rows * Columns);

    /// <summary>The words of a row; bits beyond the last column are 0.</summary>
    public ReadOnlySpan<ulong> RowWords(int row) => _words.AsSpan(row * _rowWords, _rowWords);

    public bool IsKept(int row, int column) => (_words[(row * _rowWords) + (column >> 6)] >> (column & 63) & 1) != 0;

    /// <summary>Keeps or prunes one weight.</summary>
    public void Set(int row, int column, bool kept)
    {
        ref ulong word = ref _words[(row * _rowWords) + (column >> 6)];
        ulong bit = 1UL << (column & 63);
        word = kept ? word | bit : word & ~bit;
    }

    /// <summary>Pruned weights of a row.</summary>
    public int PrunedInRow(int row)
    {
        int kept = 0;
        foreach (ulong word in RowWords(row))
        {
            kept += BitOperations.PopCount(word);
        }

        return Columns - kept;
    }

    /// <summary>Sets pruned weights to 0 and leaves the others as they are.</summary>
    public void Apply(Span<float> weights)
    {
        if (weights.Length != (long)Rows * Columns)
        {
            throw new ArgumentException($"The mask is {Rows} × {Columns}, the weights are {weights.Length} values.", nameof(weights));
        }

        for (int row = 0; row < Rows; row++)
        {
            ApplyRow(row, weights.Slice(row * Columns, Columns));
        }
    }

    /// <summary>Sets the pruned weights of one row to 0.</summary>
    public void ApplyRow(int row, Span<float> weights)
    {
        for (int column = 0; column < weights.Length; column++)
        {
            if (!IsKept(row, column))
            {
                weights[column] = 0;
            }
        }
    }

    /// <summary>Prunes what another mask of the same shape prunes as well.</summary>
    public void Intersect(PruneMask other)
    {
        if (Rows != other.Rows || Columns != other.Columns)
        {
            throw new ArgumentException($"The masks are {Rows} × {Columns} and {other.Rows} × {other.Columns}.", nameof(other));
        }

        for (int word = 0; word < _words.Length; word++)
        {
            _words[word] &= other._words[word];
        }
    }

    /// <summary>A mask of the same bits that can be changed on its own.</summary>
    public PruneMask Clone() => new(this);

    public bool Equals(PruneMask? other) =>
        other is not null && Rows == other.Rows && Columns == other.Columns && _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => Equals(obj as PruneMask);

    public override int GetHashCode() => HashCode.Combine(Rows, Columns, _words[0]);

    /// <summary>Takes over the words of a row as <see cref="RowWords"/> gave them.</summary>
    /// <exception cref="ArgumentException">Their number is another, or bits beyond the last column are set.</exception>
    internal void SetRow(int row, ReadOnlySpan<ulong> words)
    {
        if (words.Length != _rowWords || (Columns % 64 != 0 && words[^1] >> (Columns % 64) != 0))
        {
            throw new ArgumentException($"{words.Length} words are no row of {Columns} bits.", nameof(words));
        }

        words.CopyTo(_words.AsSpan(row * _rowWords, _rowWords));
    }

    /// <summary>Takes over one row of another mask of the same shape.</summary>
    internal void CopyRow(PruneMask source, int row) => source.RowWords(row).CopyTo(_words.AsSpan(row * _rowWords, _rowWords));
}
