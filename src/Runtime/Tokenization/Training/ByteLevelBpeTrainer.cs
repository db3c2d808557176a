using System.Runtime.InteropServices;
using System.Text;
using Sparrow.Runtime.Tokenization.PreTokenization;

namespace Sparrow.Runtime.Tokenization.Training;

// Byte-pair encoding (Sennrich et al. 2016): count the words, then again and again make a piece of the most frequent neighbouring pair.
// Only the words that hold the pair are touched by a merge; counts that have fallen since they were queued are put right when they come up.

/// <summary>Learns a byte-level vocabulary from texts. The same texts in any order give the same vocabulary.</summary>
public sealed class ByteLevelBpeTrainer
{
    /// <summary>Longer words are no words of a language, and a merge walks its words from end to end.</summary>
    private const int MaxWordBytes = 256;

    private readonly SequencePreTokenizer _cut = new(
    [
        new SplitPreTokenizer(ClassPattern.Numbers(1), SplitBehavior.Isolated),
        new SplitPreTokenizer(new Gpt2Pattern(), SplitBehavior.Isolated),
    ]);

    private readonly Dictionary<string, long> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Left, int Right), Pair> _pairs = [];
    private readonly PriorityQueue<(int Left, int Right), (long Count, int Left, int Right)> _queue = new();
    private List<int>[] _symbols = [];
    private long[] _counts = [];

    /// <summary>Counts the words of a text; special tokens must not be in it.</summary>
    public void Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        WordList words = new(text, isTextStart: true);
        _cut.Apply(words);
        foreach ((int start, int length) in words.Words)
        {
            if (Encoding.UTF8.GetByteCount(text.AsSpan(start, length)) <= MaxWordBytes)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_words, text.Substring(start, length), out _)++;
            }
        }
    }

    /// <summary>Learns merges until the vocabulary has its size or no pair stands twice.</summary>
    /// <param name="vocabularySize">Ids in all, special tokens and the 256 bytes among them.</param>
    /// <param name="specialTokens">Markers that get the first ids.</param>
    /// <param name="cancellationToken">Looked at once a merge.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size leaves no room for bytes and special tokens.</exception>
    public TrainedBpe Train(int vocabularySize, IReadOnlyList<string> specialTokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(specialTokens);
        int firstMerge = specialTokens.Count + 256;
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, firstMerge);
        Start(specialTokens.Count);
        List<(int Left, int Right)> merges = [];
        List<string> pieces = [.. new TrainedBpe(specialTokens, merges).MakePieces()];
        HashSet<string> known = [.. pieces];
        while (merges.Count < vocabularySize - firstMerge && _queue.TryDequeue(out (int Left, int Right) pair, out (long Count, int, int) priority))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Pair found = _pairs[pair];
            if (found.Count != -priority.Count)
            {
                Offer(pair, found);
                continue;
            }

            // Two pairs may spell the same piece (ab+c, a+bc); a vocabulary holds it once, so the second pair stays as it is.
            string piece = pieces[pair.Left] + pieces[pair.Right];
            if (!known.Add(piece))
            {
                continue;
            }

            Merge(pair, found, firstMerge + merges.Count);
            merges.Add(pair);
            pieces.Add(piece);
        }

        return new TrainedBpe([.. specialTokens], merges);
    }

    private void Start(int firstByte)
    {
        _pairs.Clear();
        _queue.Clear();

        // In order of text, so that nothing depends on how the dictionary happens to lie.
        string[] words = [.. _words.Keys.Order(StringComparer.Ordinal)];
        _counts = [.. words.Select(word => _words[word])];
        _symbols = [.. words.Select(word => Encoding.UTF8.GetBytes(word).Select(value => firstByte + value).ToList())];
        for (int word = 0; word < words.Length; word++)
        {
            Count(word, _counts[word], touched: null);
        }

        foreach (((int, int) pair, Pair found) in _pairs)
        {
            Offer(pair, found);
        }
    }

    /// <summary>Adds a word's pairs with a weight, below zero to take them away.</summary>
    private void Count(int word, long weight, HashSet<(int, int)>? touched)
    {
        List<int> symbols = _symbols[word];
        for (int i = 1; i < symbols.Count; i++)
        {
            (int, int) key = (symbols[i - 1], symbols[i]);
            ref Pair? pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
            pair ??= new Pair();
            pair.Count += weight;
            if (weight > 0)
            {
                pair.Words.Add(word);
                touched?.Add(key);
            }
        }
    }

    private void Merge((int Left, int Right) pair, Pair found, int merged)
    {
        HashSet<(int, int)> touched = [];
        foreach (int word in found.Words.ToArray())
        {
            Count(word, -_counts[word], touched: null);
            List<int> symbols = _symbols[word];
            int kept = 0;
            for (int i = 0; i < symbols.Count; i++)
            {
                bool joins = i + 1 < symbols.Count && (symbols[i], symbols[i + 1]) == pair;
                symbols[kept++] = joins ? merged : symbols[i];
                i += joins ? 1 : 0;
            }

            symbols.RemoveRange(kept, symbols.Count - kept);
            Count(word, _counts[word], touched);
        }

        foreach ((int, int) key in touched)
        {
            Offer(key, _pairs[key]);
        }
    }

    /// <summary>Ties go to the lower ids.</summary>
    private void Offer((int Left, int Right) pair, Pair found)
    {
        if (found.Count > 1)
        {
            _queue.Enqueue(pair, (-found.Count, pair.Left, pair.Right));
        }
    }

    private sealed class Pair
    {
        public long Count { get; set; }

        /// <summary>Words that hold the pair or held it once.</summary>
        public HashSet<int> Words { get; } = [];
    }
}
