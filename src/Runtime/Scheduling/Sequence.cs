using Sparrow.Runtime.KvCache;

namespace Sparrow.Runtime.Scheduling;

/// <summary>One choice of a request: its tokens, and where they lie in the cache.</summary>
internal sealed class Sequence
{
    private readonly int[] _tokens;

    public Sequence(RequestState request, int choice, int maxTokens)
    {
        Request = request;
        Choice = choice;
        int[] prompt = request.Generation.Request.PromptTokens;

        // Taken whole at the start, so that decoding allocates nothing.
        _tokens = new int[prompt.Length + maxTokens];
        prompt.CopyTo(_tokens, 0);
        TokenCount = prompt.Length;
        BlockTable = new int[(_tokens.Length + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens];
    }

    public RequestState Request { get; }

    public int Choice { get; }

    public SequenceState State { get; set; }

    /// <summary>Prompt and generated tokens.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, TokenCount);

    public ReadOnlySpan<int> GeneratedTokens => _tokens.AsSpan(PromptLength, GeneratedCount);

    public int TokenCount { get; private set; }

    public int PromptLength => Request.Generation.Request.PromptTokens.Length;

    public int GeneratedCount => TokenCount - PromptLength;

    /// <summary>Tokens that are in the cache: those before this position.</summary>
    public int ComputedCount { get; set; }

    /// <summary>The most tokens that were ever in the cache: what lies below is recomputed after a preemption.</summary>
    public int ComputedBefore { get; set; }

    public int RemainingCount => TokenCount - ComputedCount;

    /// <summary>Blocks that it will have sealed at its longest. The last generated token is never put into the cache.</summary>
    public int FinalBlockCount => (_tokens.Length - 1) / KvLayout.BlockTokens;

    /// <summary>Numbers of the blocks held, in order; the first ComputedCount / 32 of them are sealed.</summary>
    public int[] BlockTable { get; }

    public int BlockCount { get; set; }

    /// <summary>Slot in the open arena, or −1.</summary>
    public int OpenSlot { get; set; } = -1;

    /// <summary>Tokens that the step at hand computes; 0 where it leaves the sequence out.</summary>
    public int PlannedCount { get; set; }

    public int Preemptions { get; set; }

    /// <summary>When its last token was published; 0 before the first.</summary>
    public long LastTokenTimestamp { get; set; }

    public void Append(int token) => _tokens[TokenCount++] = token;

    /// <summary>Whether this one goes before the other: lower priority number, then earlier arrival, then lower choice.</summary>
    public bool Precedes(Sequence other)
    {
        int byPriority = Request.Generation.Request.Priority.CompareTo(other.Request.Generation.Request.Priority);
        return byPriority != 0 ? byPriority < 0
            : Request.Ticket != other.Request.Ticket ? Request.Ticket < other.Request.Ticket
            : Choice < other.Choice;
    }
}

/// <summary>Where a sequence is on its way.</summary>
internal enum SequenceState
{
    /// <summary>Waits for its first choice to compute the prompt; holds nothing.</summary>
    AwaitingPrompt,

    /// <summary>Inside the engine without blocks: not yet admitted, or preempted.</summary>
    Waiting,

    /// <summary>In the cache.</summary>
    Running,

    Finished,
}
