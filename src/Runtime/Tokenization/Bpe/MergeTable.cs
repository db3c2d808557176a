using System.Numerics;

namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>Pairs of ids to the rank of their merge and the id that they become. Open addressing: two cache lines a lookup at most.</summary>
internal sealed class MergeTable
{
    private readonly Entry[] _entries;

    public MergeTable(int capacity)
    {
        _entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2L * capacity))];
    }

    /// <summary>Adds a merge; a pair that stands twice takes the later rank, as Hugging Face's reader has it.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        int slot = Slot(left, right);
        while (_entries[slot].Used && (_entries[slot].Left != left || _entries[slot].Right != right))
        {
            slot = (slot + 1) & (_entries.Length - 1);
        }

        _entries[slot] = new Entry { Left = left, Right = right, Rank = rank, Merged = merged, Used = true };
    }

    public bool TryFind(int left, int right, out int rank, out int merged)
    {
        int slot = Slot(left, right);
        while (_entries[slot].Used)
        {
            ref readonly Entry entry = ref _entries[slot];
            if (entry.Left == left && entry.Right == right)
            {
                rank = entry.Rank;
                merged = entry.Merged;
                return true;
            }

            slot = (slot + 1) & (_entries.Length - 1);
        }

        rank = int.MaxValue;
        merged = -1;
        return false;
    }

    private int Slot(int left, int right) => HashCode.Combine(left, right) & (_entries.Length - 1);

    private struct Entry
    {
        public int Left;
        public int Right;
        public int Rank;
        public int Merged;
        public bool Used;
    }
}
