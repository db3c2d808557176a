using System.Buffers;
using System.Diagnostics;

namespace Sparrow.Runtime.Tokenization.Bpe;

// Byte-pair encoding (Sennrich et al. 2016): cut a word into symbols, then merge the neighbouring pair of the best rank, leftmost
// first among equals, until no pair merges. Two ways to the same end: short words rescan all ranks after each merge, which
// is quickest for the five bytes of an ordinary word; longer ones keep candidates in a priority queue, n log n, so that a word of a
// megabyte takes less than a second.

/// <summary>Turns one pre-token (UTF-8) into ids. Safe for concurrent use.</summary>
internal abstract class BpeModel(Vocabulary vocabulary)
{
    /// <summary>Up to here rescanning beats the queue.</summary>
    private const int ScannedSymbols = 32;

    /// <summary>Words up to this length are remembered: they make up all of ordinary text, and bound the cache at about a megabyte.</summary>
    private const int CachedBytes = 32;

    private const int CacheSlots = 8192;

    private readonly CachedWord?[] _cache = new CachedWord?[CacheSlots];

    public Vocabulary Vocabulary { get; } = vocabulary;

    public virtual void Encode(ReadOnlySpan<byte> word, List<int> ids)
    {
        if (word.Length > CachedBytes)
        {
            EncodeUncached(word, ids);
            return;
        }

        if (word.IsEmpty)
        {
            return;
        }

        // A slot holds one immutable entry; racing writers overwrite each other and readers see the one or the other.
        int hash = Vocabulary.Hash(word);
        ref CachedWord? slot = ref _cache[hash & (CacheSlots - 1)];
        CachedWord? cached = Volatile.Read(ref slot);
        if (cached is not null && cached.Word.AsSpan().SequenceEqual(word))
        {
            ids.AddRange(cached.Ids);
            return;
        }

        int from = ids.Count;
        EncodeUncached(word, ids);
        Volatile.Write(ref slot, new CachedWord(word.ToArray(), ids.GetRange(from, ids.Count - from).ToArray()));
    }

    /// <summary>Encodes with the queue whatever the length; what tests hold against the scanning way.</summary>
    internal void EncodeByQueue(ReadOnlySpan<byte> word, List<int> ids) => EncodeUncached(word, ids, scannedSymbols: 0);

    /// <summary>Cuts the word into its first symbols; there are never more than bytes.</summary>
    protected abstract int Split(ReadOnlySpan<byte> word, Span<Symbol> symbols);

    /// <summary>The merge of two neighbouring symbols; a lower rank is better.</summary>
    protected abstract bool TryMerge(ReadOnlySpan<byte> word, in Symbol left, in Symbol right, out int rank, out int merged);

    /// <summary>Writes the ids of the symbols that are left.</summary>
    protected abstract void Emit(ReadOnlySpan<byte> word, ReadOnlySpan<Symbol> symbols, List<int> ids);

    private void EncodeUncached(ReadOnlySpan<byte> word, List<int> ids, int scannedSymbols = ScannedSymbols)
    {
        Symbol[] rented = ArrayPool<Symbol>.Shared.Rent(word.Length);
        try
        {
            int count = Split(word, rented);
            Span<Symbol> symbols = rented.AsSpan(0, count);
            count = count <= scannedSymbols ? MergeByScanning(word, symbols) : MergeByQueue(word, symbols);
            Emit(word, symbols[..count], ids);
        }
        finally
        {
            ArrayPool<Symbol>.Shared.Return(rented);
        }
    }

    private int MergeByScanning(ReadOnlySpan<byte> word, Span<Symbol> symbols)
    {
        Debug.Assert(symbols.Length <= ScannedSymbols);
        Span<int> ranks = stackalloc int[ScannedSymbols];
        Span<int> merges = stackalloc int[ScannedSymbols];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
        {
            TryMerge(word, symbols[i], symbols[i + 1], out ranks[i], out merges[i]);
        }

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i < count - 1; i++)
            {
                if (ranks[i] < ranks[best])
                {
                    best = i;
                }
            }

            if (ranks[best] == int.MaxValue)
            {
                break;
            }

            symbols[best] = new Symbol(symbols[best].Start, symbols[best].Length + symbols[best + 1].Length, merges[best]);
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            ranks[(best + 1)..count].CopyTo(ranks[best..]);
            merges[(best + 1)..count].CopyTo(merges[best..]);
            count--;
            if (best > 0)
            {
                TryMerge(word, symbols[best - 1], symbols[best], out ranks[best - 1], out merges[best - 1]);
            }

            if (best < count - 1)
            {
                TryMerge(word, symbols[best], symbols[best + 1], out ranks[best], out merges[best]);
            }
        }

        return count;
    }

    private int MergeByQueue(ReadOnlySpan<byte> word, Span<Symbol> symbols)
    {
        // Priority is rank above position; the length of the pair tells whether a candidate still stands, since every merge that touches
        // one of its symbols makes it longer.
        PriorityQueue<(int Left, int Length, int Merged), ulong> queue = new(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            symbols[i].Previous = i - 1;
            symbols[i].Next = i + 1 < symbols.Length ? i + 1 : -1;
            if (i > 0)
            {
                Offer(word, symbols, i - 1, i);
            }
        }

        while (queue.TryDequeue(out (int Left, int Length, int Merged) candidate, out _))
        {
            ref Symbol left = ref symbols[candidate.Left];
            if (left.Length == 0 || left.Next < 0 || left.Length + symbols[left.Next].Length != candidate.Length)
            {
                continue;
            }

            ref Symbol right = ref symbols[left.Next];
            left.Length = candidate.Length;
            left.Id = candidate.Merged;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Next >= 0)
            {
                symbols[left.Next].Previous = candidate.Left;
                Offer(word, symbols, candidate.Left, left.Next);
            }

            if (left.Previous >= 0)
            {
                Offer(word, symbols, left.Previous, candidate.Left);
            }
        }

        int count = 0;
        foreach (ref Symbol symbol in symbols)
        {
            if (symbol.Length > 0)
            {
                symbols[count++] = symbol;
            }
        }

        return count;

        void Offer(ReadOnlySpan<byte> word, Span<Symbol> symbols, int left, int right)
        {
            if (TryMerge(word, symbols[left], symbols[right], out int rank, out int merged))
            {
                queue.Enqueue((left, symbols[left].Length + symbols[right].Length, merged), ((ulong)(uint)rank << 32) | (uint)left);
            }
        }
    }

    private sealed record CachedWord(byte[] Word, int[] Ids);
}
