using System.Diagnostics;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Scheduling;

/// <summary>
/// Chooses what each step computes and who holds which block. Decodes go first, prompts fill the rest of the step in chunks (decode-maximal
/// batches with chunked prefill, SARATHI, arXiv 2308.16369). It sees tokens and blocks, never logits. docs/scheduling.md has the rules.
/// </summary>
internal sealed partial class Scheduler
{
    private readonly IStepModel _model;
    private readonly InferenceOptions _options;
    private readonly StepPace _pace;

    // Both in order of Sequence.Precedes.
    private readonly List<Sequence> _running = [];
    private readonly List<Sequence> _waiting = [];
    private readonly List<RequestState> _requests = [];
    private readonly List<Sequence> _planned = [];
    private readonly int[] _freeSlots;
    private int _freeSlotCount;
    private long _nextTicket;

    public Scheduler(IStepModel model, InferenceOptions options)
    {
        _model = model;
        _options = options;
        _pace = new StepPace(options.TargetInterTokenLatency, options.MaxBatchedTokens);
        SlotCount = Math.Min(model.OpenSlotCount, options.MaxRunning);
        Blocks = new BlockAllocator(model.BlockCount);
        Prefixes = new PrefixIndex(model.BlockCount);
        _freeSlots = new int[SlotCount];
        for (int i = 0; i < SlotCount; i++)
        {
            _freeSlots[i] = SlotCount - 1 - i;
        }

        _freeSlotCount = SlotCount;
    }

    public BlockAllocator Blocks { get; }

    public PrefixIndex Prefixes { get; }

    public int SlotCount { get; }

    public int MaxStepTokens => _pace.MaxTokens;

    /// <summary>Requests inside the engine.</summary>
    public List<RequestState> Requests => _requests;

    /// <summary>Sequences in the cache.</summary>
    public List<Sequence> Running => _running;

    /// <summary>Sequences inside the engine that are not in the cache.</summary>
    public List<Sequence> Waiting => _waiting;

    /// <summary>The sequences of the last plan, in the order of the batch.</summary>
    public List<Sequence> Planned => _planned;

    public int FreeSlotCount => _freeSlotCount;

    public SchedulerCounts Counts { get; } = new();

    /// <summary>Decoding tokens of the last plan.</summary>
    public int PlannedDecodeTokens { get; private set; }

    /// <summary>Prompt (and recomputed) tokens of the last plan.</summary>
    public int PlannedPrefillTokens { get; private set; }

    /// <summary>Whether the engine should take another request from its source.</summary>
    /// <remarks>Not while prompts for a whole step are in hand: what is not begun is better kept in the queue above, where priorities and fair
    /// shares are decided. A long prompt counts a quarter of a step only, so that it does not keep short ones out.</remarks>
    public bool HasRoom
    {
        get
        {
            if (UnclaimedSlotCount() <= 0 || _waiting.Count > 0)
            {
                return false;
            }

            int budget = _pace.PrefillBudget(_running.Count);
            return PrefillBacklog(budget) < Math.Max(budget, 1);
        }
    }

    public EngineRoom Room => new(UnclaimedSlotCount(), Blocks.AvailableCount, _running.Count);

    /// <summary>Whether a request can run when it has the engine for itself. One that cannot must be refused, for it would wait for ever.</summary>
    public bool CanEverFit(GenerationRequest request)
    {
        // The last generated token is never put into the cache: nothing is computed after it.
        int cached = request.PromptTokens.Length + Math.Max(MaxTokensOf(request) - 1, 0);
        bool hasAdapter = request.Adapter is null || AdapterOf(request) != StepSequence.NoAdapter;
        return hasAdapter && cached / KvLayout.BlockTokens <= _model.BlockCount && SlotCount > 0;
    }

    /// <summary>Takes a request in; its first choice waits for blocks, the others for the first.</summary>
    /// <param name="generation">The request.</param>
    /// <param name="endOfSequenceIds">The model's, which the request may want to ignore.</param>
    public RequestState Add(Generation generation, ReadOnlySpan<int> endOfSequenceIds)
    {
        RequestState request = new(generation, _nextTicket++, MaxTokensOf(generation.Request), endOfSequenceIds, AdapterOf(generation.Request));
        _requests.Add(request);
        Insert(_waiting, request.Sequences[0], SequenceState.Waiting);
        return request;
    }

    /// <summary>Lets the first in the line in, where there is room.</summary>
    public void AdmitFirst()
    {
        if (_waiting.Count > 0)
        {
            TryAdmit(_waiting[0]);
        }
    }

    /// <summary>Takes an ended choice out of the engine and gives back all it holds. Of a request whose prompt is not computed yet, the next
    /// choice takes the prompt over.</summary>
    public void Finish(Sequence sequence)
    {
        switch (sequence.State)
        {
            case SequenceState.Running:
                _running.Remove(sequence);
                GiveBack(sequence);
                break;
            case SequenceState.Waiting:
                _waiting.Remove(sequence);
                break;
            case SequenceState.Finished:
                return;
        }

        bool carriedPrompt = sequence.State != SequenceState.AwaitingPrompt && !sequence.Request.IsForked;
        sequence.State = SequenceState.Finished;
        RequestState request = sequence.Request;
        if (--request.LiveCount == 0)
        {
            _requests.Remove(request);
        }
        else if (carriedPrompt)
        {
            Sequence next = Array.Find(request.Sequences, candidate => candidate.State == SequenceState.AwaitingPrompt)!;
            Insert(_waiting, next, SequenceState.Waiting);
        }
    }

    /// <summary>The prompt is computed: the other choices go on from the first one's blocks, and from a copy of its open block. A choice without
    /// a free slot waits and computes the prompt's tail by itself later.</summary>
    public void Fork(Sequence first)
    {
        RequestState request = first.Request;
        Debug.Assert(first.ComputedCount == first.PromptLength && first.GeneratedCount == 0, "Choices part at the end of the prompt.");
        request.IsForked = true;
        foreach (Sequence sequence in request.Sequences)
        {
            if (sequence.State != SequenceState.AwaitingPrompt)
            {
                continue;
            }

            if (_freeSlotCount == 0)
            {
                Insert(_waiting, sequence, SequenceState.Waiting);
                continue;
            }

            int slot = _freeSlots[_freeSlotCount - 1];
            _model.CopyOpenSlot(first.OpenSlot, slot, first.ComputedCount % KvLayout.BlockTokens);
            _freeSlotCount--;
            sequence.OpenSlot = slot;
            int sealedCount = first.ComputedCount / KvLayout.BlockTokens;
            for (int i = 0; i < sealedCount; i++)
            {
                Blocks.AddReference(first.BlockTable[i]);
                sequence.BlockTable[i] = first.BlockTable[i];
            }

            sequence.BlockCount = sealedCount;
            sequence.ComputedCount = first.ComputedCount;
            sequence.ComputedBefore = first.ComputedCount;
            Insert(_running, sequence, SequenceState.Running);
        }
    }

    /// <summary>Empties the prefix index. Running sequences keep their blocks; nobody finds them any more.</summary>
    public void ResetPrefixes()
    {
        Prefixes.Clear();
        Blocks.ForgetIndexed();
    }

    /// <summary>A planned step has been computed: its tokens are in the cache, and the blocks it sealed can be found by others.</summary>
    public void Commit()
    {
        foreach (Sequence sequence in _planned)
        {
            int before = sequence.ComputedCount;
            int after = before + sequence.PlannedCount;
            Counts.RecomputedTokens += Math.Max(0, Math.Min(sequence.ComputedBefore, after) - before);
            sequence.ComputedCount = after;
            sequence.ComputedBefore = Math.Max(sequence.ComputedBefore, after);
            if (_options.PrefixCaching)
            {
                for (int i = before / KvLayout.BlockTokens; i < after / KvLayout.BlockTokens; i++)
                {
                    Share(sequence, i);
                }
            }
        }
    }

    /// <summary>How long the planned step took.</summary>
    public void RecordStep(double seconds) => _pace.Record(seconds, PlannedDecodeTokens, PlannedPrefillTokens);

    /// <summary>Free slots less those that choices will want as soon as their prompt is computed.</summary>
    private int UnclaimedSlotCount()
    {
        int count = _freeSlotCount;
        foreach (RequestState request in _requests)
        {
            count -= request.IsForked ? 0 : request.LiveCount - 1;
        }

        return Math.Max(count, 0);
    }

    private int AdapterOf(GenerationRequest request) => request.Adapter is { } name ? _model.FindAdapter(name) : StepSequence.NoAdapter;

    private int MaxTokensOf(GenerationRequest request) => _options.ContextLength is int context
        ? Math.Max(Math.Min(request.MaxTokens, context - request.PromptTokens.Length), 0)
        : request.MaxTokens;

    private static void Insert(List<Sequence> list, Sequence sequence, SequenceState state)
    {
        sequence.State = state;
        int index = list.Count;
        while (index > 0 && sequence.Precedes(list[index - 1]))
        {
            index--;
        }

        list.Insert(index, sequence);
    }
}
