using System.Diagnostics.CodeAnalysis;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;

namespace Sparrow.Server.Admission;

/// <summary>How requests leave the queue for their first step.</summary>
internal sealed partial class RequestQueue
{
    public bool TryTake(in EngineRoom room, [NotNullWhen(true)] out Generation? generation) => TryTake(null, room, out generation);

    /// <summary>The same for one revision: prompts of requests that are bound to it first, and the common order where it is the active one.</summary>
    internal bool TryTake(RevisionLeases? revision, in EngineRoom room, [NotNullWhen(true)] out Generation? generation)
    {
        generation = null;
        if (Volatile.Read(ref _waitingCount) == 0)
        {
            return false;
        }

        RevisionLeases? idle = null;
        lock (_lock)
        {
            ChargeProgress();
            while (Next(revision) is { } ticket)
            {
                Generation candidate = ticket.Generation!;
                if (candidate.IsCancelled)
                {
                    idle = Drop(ticket) ?? idle;
                    Abort(candidate, ticket.Failure);
                    continue;
                }

                if (revision is not null && !revision.Accepts(ticket))
                {
                    // Whoever sent it prepares it again, for this revision; meanwhile others may go.
                    Unsubmit(ticket);
                    continue;
                }

                if (!Fits(candidate, room))
                {
                    // Whoever is next waits for room; letting smaller ones pass would starve it.
                    break;
                }

                Begin(ticket, revision);
                generation = candidate;
                break;
            }
        }

        idle?.Idle();
        return generation is not null;
    }

    private QueueTicket? Next(RevisionLeases? revision) =>
        revision?.Bound.First?.Value ?? (revision is null || revision == _active ? _order.Next() : null);

    private void Begin(QueueTicket ticket, RevisionLeases? revision)
    {
        Generation generation = ticket.Generation!;
        if (revision is not null && ticket.Lease.Revision is null)
        {
            ticket.Lease.Revision = revision;
            revision.Add();
        }

        if (ticket.Node!.List == ticket.Lease.Revision?.Bound)
        {
            TakeOut(ticket);
            _order.StartOutside(KeyOf(ticket), ticket.PromptTokens, generation.Request.Choices);
        }
        else
        {
            _order.Start(ticket, KeyOf(ticket), generation.Request.Choices);
        }

        _queued.Remove(ticket);
        _queuedTokens -= ticket.PromptTokens;
        CountWaiting();
        ticket.Stage = QueueStage.Running;
        _running.Add(generation, ticket);
        _runningSequences += generation.Request.Choices;
    }

    private bool Fits(Generation generation, in EngineRoom room)
    {
        // An engine with nothing to do takes whatever comes: its cache holds the longest sequence it serves.
        int blocks = generation.Request.PromptTokens.Length / KvLayout.BlockTokens;
        return generation.Request.Choices <= room.Sequences && (room.RunningSequences == 0 || blocks <= room.Blocks);
    }

    /// <summary>Counts the tokens generated since the last look, so that a long answer is paid for while it runs.</summary>
    private void ChargeProgress()
    {
        foreach ((Generation generation, QueueTicket ticket) in _running)
        {
            int tokens = generation.Statistics.GeneratedTokens;
            if (tokens != ticket.ChargedTokens)
            {
                _order.Charge(KeyOf(ticket), tokens - ticket.ChargedTokens);
                ticket.ChargedTokens = tokens;
            }
        }
    }
}
