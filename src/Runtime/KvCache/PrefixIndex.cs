using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// Finds sealed blocks by what they hold: a block's identity is its parent block, its own 32 tokens and, for the first of a sequence, adapter and salt.
/// A find compares the tokens themselves, so two prefixes whose hashes collide are never taken for one another.
/// </summary>
/// <remarks>
/// A parent is named by its block number. That is sound because a parent outlives its children in the index: whoever holds a child holds the
/// parent too, and holders give blocks back last one first, so that the parent is always the more recently used.
/// An index belongs to one engine and so to one revision and one cache profile: neither needs to be part of the key.
/// </remarks>
internal sealed class PrefixIndex
{
    /// <summary>The parent of the first block of a sequence without an adapter.</summary>
    public const int Root = -1;

    private const int None = -1;

    // Numbers below that of the plain root: each adapter's sequences hang on a root of their own, and so share nothing with others.
    private const int FirstAdapterRoot = Root - 1;

    private readonly int[] _buckets;
    private readonly int[] _nextInBucket;
    private readonly int[] _parents;
    private readonly int[] _children;
    private readonly uint[] _hashes;
    private readonly string?[] _salts;
    private readonly int[] _tokens;
    private readonly Func<int, int, uint>? _hashOverride;

    public PrefixIndex(int blockCount)
        : this(blockCount, hashOverride: null)
    {
    }

    /// <param name="blockCount">Blocks of the cache.</param>
    /// <param name="hashOverride">Replaces the hash (of parent and first token) in tests that force collisions.</param>
    internal PrefixIndex(int blockCount, Func<int, int, uint>? hashOverride)
    {
        _hashOverride = hashOverride;
        _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * blockCount, 16))];
        _nextInBucket = new int[blockCount];
        _parents = new int[blockCount];
        _children = new int[blockCount];
        _hashes = new uint[blockCount];
        _salts = new string?[blockCount];
        _tokens = new int[blockCount * KvLayout.BlockTokens];
        Array.Fill(_buckets, None);
    }

    /// <summary>The parent of the first block of a sequence.</summary>
    /// <param name="adapter">Place of its adapter among the model's; −1: none.</param>
    public static int RootOf(int adapter) => adapter < 0 ? Root : FirstAdapterRoot - adapter;

    /// <summary>Whether a parent is no block.</summary>
    public static bool IsRoot(int parent) => parent < 0;

    /// <summary>Blocks in the index.</summary>
    public int Count { get; private set; }

    /// <summary>The block that holds these tokens after that parent, or −1.</summary>
    /// <param name="parent">The block before it, itself in the index, or one of the roots.</param>
    /// <param name="salt">The caller's salt; looked at for the first block only, since the others hang on it.</param>
    /// <param name="tokens">32 token ids.</param>
    public int Find(int parent, string salt, ReadOnlySpan<int> tokens)
    {
        uint hash = Hash(parent, salt, tokens);
        for (int block = _buckets[hash & (_buckets.Length - 1)]; block != None; block = _nextInBucket[block])
        {
            if (_hashes[block] == hash
                && _parents[block] == parent
                && TokensOf(block).SequenceEqual(tokens)
                && (!IsRoot(parent) || string.Equals(_salts[block], salt, StringComparison.Ordinal)))
            {
                return block;
            }
        }

        return None;
    }

    /// <summary>Adds a sealed block that <see cref="Find"/> does not find.</summary>
    public void Add(int block, int parent, string salt, ReadOnlySpan<int> tokens)
    {
        Debug.Assert(Find(parent, salt, tokens) == None, "What the index holds it holds once.");
        uint hash = Hash(parent, salt, tokens);
        _hashes[block] = hash;
        _parents[block] = parent;
        _children[block] = 0;
        _salts[block] = IsRoot(parent) ? salt : null;
        tokens.CopyTo(_tokens.AsSpan(block * KvLayout.BlockTokens, KvLayout.BlockTokens));
        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        _nextInBucket[block] = bucket;
        bucket = block;
        Count++;
        if (!IsRoot(parent))
        {
            _children[parent]++;
        }
    }

    /// <summary>Takes an evicted block out.</summary>
    public void Remove(int block)
    {
        Debug.Assert(_children[block] == 0, "Children leave the index before their parent.");
        ref int link = ref _buckets[_hashes[block] & (_buckets.Length - 1)];
        while (link != block)
        {
            link = ref _nextInBucket[link];
        }

        link = _nextInBucket[block];
        _salts[block] = null;
        Count--;
        if (!IsRoot(_parents[block]))
        {
            _children[_parents[block]]--;
        }
    }

    public void Clear()
    {
        Array.Fill(_buckets, None);
        Array.Clear(_salts);
        Array.Clear(_children);
        Count = 0;
    }

    private ReadOnlySpan<int> TokensOf(int block) => _tokens.AsSpan(block * KvLayout.BlockTokens, KvLayout.BlockTokens);

    private uint Hash(int parent, string salt, ReadOnlySpan<int> tokens)
    {
        Debug.Assert(tokens.Length == KvLayout.BlockTokens, "A block has 32 tokens.");
        if (_hashOverride is not null)
        {
            return _hashOverride(parent, tokens[0]);
        }

        HashCode hash = default;
        hash.Add(parent);
        hash.AddBytes(MemoryMarshal.AsBytes(tokens));
        if (IsRoot(parent))
        {
            // string's own hash is keyed per process, so callers cannot aim at a bucket.
            hash.Add(salt.GetHashCode(StringComparison.Ordinal));
        }

        return (uint)hash.ToHashCode();
    }
}
