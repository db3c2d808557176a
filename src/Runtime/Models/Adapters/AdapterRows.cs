using System.Runtime.InteropServices;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>
/// The rows of the step at hand that have an adapter, in pieces that one core computes at once, and these in groups that share the room for A·x. Sequences that
/// stand side by side with one adapter go into one piece. Steps allocate nothing once the lists have grown.
/// </summary>
internal sealed class AdapterRows
{
    /// <summary>Rows of a group: in long prompts enough to keep the cores busy, with A·x still in the cache when B comes to it.</summary>
    public const int GroupTokens = 256;

    /// <summary>Rows of a piece: each core has several of a long prompt's group to take.</summary>
    public const int PieceTokens = 16;

    private readonly List<AdapterPiece> _pieces = [];
    private readonly List<int> _groupEnds = [];

    public int GroupCount => _groupEnds.Count;

    /// <summary>Takes up a step.</summary>
    public void Bind(StepBatch batch)
    {
        Clear();
        int groupTokens = 0;
        foreach (StepSequence sequence in batch.Sequences)
        {
            for (int token = 0; sequence.Adapter != StepSequence.NoAdapter && token < sequence.TokenCount;)
            {
                groupTokens = groupTokens == GroupTokens ? CloseGroup() : groupTokens;
                int count = Math.Min(Math.Min(sequence.TokenCount - token, PieceTokens), GroupTokens - groupTokens);
                Add(sequence.Adapter, sequence.FirstToken + token, count, groupTokens);
                groupTokens += count;
                token += count;
            }
        }

        if (groupTokens > 0)
        {
            CloseGroup();
        }
    }

    public void Clear()
    {
        _pieces.Clear();
        _groupEnds.Clear();
    }

    public ReadOnlySpan<AdapterPiece> Group(int group)
    {
        int start = group == 0 ? 0 : _groupEnds[group - 1];
        return CollectionsMarshal.AsSpan(_pieces)[start.._groupEnds[group]];
    }

    private void Add(int adapter, int firstToken, int tokenCount, int innerRow)
    {
        if (innerRow > 0)
        {
            AdapterPiece last = _pieces[^1];
            if (last.Adapter == adapter && last.FirstToken + last.TokenCount == firstToken && last.TokenCount + tokenCount <= PieceTokens)
            {
                _pieces[^1] = last with { TokenCount = last.TokenCount + tokenCount };
                return;
            }
        }

        _pieces.Add(new AdapterPiece(adapter, firstToken, tokenCount, innerRow));
    }

    private int CloseGroup()
    {
        _groupEnds.Add(_pieces.Count);
        return 0;
    }
}
