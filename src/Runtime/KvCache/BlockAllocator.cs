using System.Diagnostics;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// Who holds which block. A block is free, held (referenced by one or more sequences) or cached: referenced by nobody, but still findable in the
/// prefix index until somebody needs its place. At every moment held + cached + free = all.
/// </summary>
internal sealed class BlockAllocator
{
    private const int None = -1;

    private readonly int[] _references;
    private readonly bool[] _indexed;
    private readonly int[] _free;

    // The cached blocks as a doubly linked list from least to most recently used, threaded through arrays: no node is ever allocated.
    private readonly int[] _previous;
    private readonly int[] _next;
    private int _oldest = None;
    private int _newest = None;

    public BlockAllocator(int blockCount)
    {
        BlockCount = blockCount;
        _references = new int[blockCount];
        _indexed = new bool[blockCount];
        _free = new int[blockCount];
        _previous = new int[blockCount];
        _next = new int[blockCount];
        for (int i = 0; i < blockCount; i++)
        {
            // The lowest number lies on top, so that a lightly used cache touches few pages of memory.
            _free[i] = blockCount - 1 - i;
        }

        FreeCount = blockCount;
    }

    public int BlockCount { get; }

    public int FreeCount { get; private set; }

    public int CachedCount { get; private set; }

    /// <summary>Blocks that were ever handed out: the memory of the others is untouched.</summary>
    public int TouchedCount { get; private set; }

    public int HeldCount => BlockCount - FreeCount - CachedCount;

    /// <summary>Blocks that <see cref="TryAllocate"/> could hand out.</summary>
    public int AvailableCount => FreeCount + CachedCount;

    public int ReferencesOf(int block) => _references[block];

    public bool IsIndexed(int block) => _indexed[block];

    /// <summary>Takes a free block, else the cached one that was used longest ago.</summary>
    /// <param name="block">The block, with one reference.</param>
    /// <param name="evicted">Whether it was cached: the caller takes it out of the prefix index.</param>
    public bool TryAllocate(out int block, out bool evicted)
    {
        evicted = false;
        if (FreeCount > 0)
        {
            block = _free[--FreeCount];
            TouchedCount = Math.Max(TouchedCount, block + 1);
        }
        else if (_oldest != None)
        {
            block = _oldest;
            Unlink(block);
            _indexed[block] = false;
            evicted = true;
        }
        else
        {
            block = None;
            return false;
        }

        Debug.Assert(_references[block] == 0, "A block that is handed out has no holder.");
        _references[block] = 1;
        return true;
    }

    /// <summary>One more holder of a held or cached block.</summary>
    public void AddReference(int block)
    {
        if (_references[block]++ == 0)
        {
            Debug.Assert(_indexed[block], "Only a cached block can be taken up again.");
            Unlink(block);
        }
    }

    /// <summary>One holder less; without holders the block is cached where the prefix index knows it, else free.</summary>
    public void Release(int block)
    {
        Debug.Assert(_references[block] > 0, "A block is released by a holder.");
        if (--_references[block] > 0)
        {
            return;
        }

        if (_indexed[block])
        {
            Append(block);
        }
        else
        {
            _free[FreeCount++] = block;
        }
    }

    /// <summary>The prefix index has taken this held block in.</summary>
    public void MarkIndexed(int block)
    {
        Debug.Assert(_references[block] > 0, "A block enters the index while it is held.");
        _indexed[block] = true;
    }

    /// <summary>The prefix index was emptied: cached blocks become free, held ones will when they are released.</summary>
    public void ForgetIndexed()
    {
        while (_oldest != None)
        {
            int block = _oldest;
            Unlink(block);
            _free[FreeCount++] = block;
        }

        Array.Clear(_indexed);
    }

    private void Append(int block)
    {
        _previous[block] = _newest;
        _next[block] = None;
        if (_newest == None)
        {
            _oldest = block;
        }
        else
        {
            _next[_newest] = block;
        }

        _newest = block;
        CachedCount++;
    }

    private void Unlink(int block)
    {
        int previous = _previous[block];
        int next = _next[block];
        if (previous == None)
        {
            _oldest = next;
        }
        else
        {
            _next[previous] = next;
        }

        if (next == None)
        {
            _newest = previous;
        }
        else
        {
            _previous[next] = previous;
        }

        CachedCount--;
    }
}
