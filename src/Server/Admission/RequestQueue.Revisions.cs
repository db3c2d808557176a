using Sparrow.Runtime;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Admission;

/// <summary>The revisions that take from the queue: one is active, others may still have requests of theirs (P-1).</summary>
internal sealed partial class RequestQueue
{
    private volatile RevisionLeases? _active;
    private long _inactiveSince;
    private int _boundCount;

    /// <summary>The revision that new requests go to; null while there is none.</summary>
    public RevisionLeases? Active => _active;

    /// <summary>Requests that wait or run, reserved places included.</summary>
    public int HeldRequests
    {
        get
        {
            lock (_lock)
            {
                return _queued.Count + _running.Count;
            }
        }
    }

    /// <summary>
    /// Changes the active revision in one step. What waits follows, except prompts of a request that has begun on another revision: those stay
    /// with it.
    /// </summary>
    /// <returns>False where the revision was given up meanwhile.</returns>
    public bool TryActivate(RevisionLeases revision)
    {
        lock (_lock)
        {
            if (revision.IsClosed)
            {
                return false;
            }

            BindBegun();
            _active = revision;
            ContextLength = revision.ContextLength;
            CanRun = revision.CanRun;
            Arrived = revision.Wake;
        }

        revision.Wake();
        return true;
    }

    /// <summary>Leaves the queue without a revision; what waits goes on waiting.</summary>
    public void Deactivate()
    {
        lock (_lock)
        {
            BindBegun();
            Drop();
        }
    }

    /// <summary>The same, but only where nobody waits or runs: no request can be lost by it.</summary>
    public bool TryDeactivateIdle()
    {
        lock (_lock)
        {
            if (_queued.Count + _running.Count > 0)
            {
                return false;
            }

            Drop();
            return true;
        }
    }

    /// <summary>Gives a revision up, where nobody has a lease on it and it is not active.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="force">Whether leases do not matter: what has one is ended with the engine.</param>
    /// <returns>Whether it was this call that did.</returns>
    public bool TryClose(RevisionLeases revision, bool force = false)
    {
        lock (_lock)
        {
            if (revision == _active || revision.IsClosed || (revision.Count > 0 && !force))
            {
                return false;
            }

            revision.IsClosed = true;
            return true;
        }
    }

    /// <summary>Ties a request to a revision before it is begun: the caller named it.</summary>
    /// <returns>False where the revision was given up.</returns>
    public bool TryBind(RequestLease lease, RevisionLeases revision)
    {
        lock (_lock)
        {
            if (revision.IsClosed)
            {
                return false;
            }

            if (lease.Revision is null)
            {
                lease.Revision = revision;
                revision.Add();
            }

            return lease.Revision == revision;
        }
    }

    /// <summary>Takes a waiting request back to be prepared anew; its place is kept.</summary>
    /// <returns>False where it has begun or ended meanwhile.</returns>
    public bool TryRecall(QueueTicket ticket)
    {
        lock (_lock)
        {
            if (ticket.Stage != QueueStage.Waiting)
            {
                return ticket.Stage == QueueStage.Reserved;
            }

            Unsubmit(ticket);
            return true;
        }
    }

    /// <summary>Ends what has waited for a revision for longer than it may (P-4, P-7).</summary>
    /// <param name="limit">How long.</param>
    /// <param name="failure">What they are told.</param>
    public void EndWaiting(TimeSpan limit, Func<ApiException> failure)
    {
        QueueTicket[] late;
        lock (_lock)
        {
            if (_active is not null)
            {
                return;
            }

            late = [.. _queued.Where(ticket => ticket.Stage == QueueStage.Waiting && ticket.Lease.Revision is null
                && _time.GetElapsedTime(Math.Max(ticket.ReservedTimestamp, _inactiveSince)) >= limit)];
        }

        foreach (QueueTicket ticket in late)
        {
            End(ticket, failure());
        }
    }

    /// <summary>Ends what runs on a revision or is bound to it.</summary>
    public void Abort(RevisionLeases revision)
    {
        QueueTicket[] tickets;
        lock (_lock)
        {
            tickets = [.. _queued.Concat(_running.Values).Where(ticket => ticket.Lease.Revision == revision)];
        }

        foreach (QueueTicket ticket in tickets)
        {
            End(ticket, ApiException.Aborted());
        }
    }

    private void Drop()
    {
        _active = null;
        _inactiveSince = _time.GetTimestamp();
        CanRun = static _ => true;
        Arrived = static () => { };
    }

    // Prompts of requests that have begun leave the common order: their revision is no longer the one that takes from it.
    private void BindBegun()
    {
        foreach (QueueTicket ticket in _queued)
        {
            if (ticket.Stage == QueueStage.Waiting && ticket.Lease.Revision is { } revision && ticket.Node!.List != revision.Bound)
            {
                _order.Remove(ticket);
                ticket.Node = revision.Bound.AddLast(ticket);
                _boundCount++;
            }
        }

        CountWaiting();
    }

    /// <summary>Takes a waiting ticket out of wherever it stands.</summary>
    private void TakeOut(QueueTicket ticket)
    {
        if (ticket.Lease.Revision is { } revision && ticket.Node!.List == revision.Bound)
        {
            revision.Bound.Remove(ticket.Node);
            ticket.Node = null;
            _boundCount--;
        }
        else
        {
            _order.Remove(ticket);
        }

        CountWaiting();
    }

    private void Unsubmit(QueueTicket ticket)
    {
        TakeOut(ticket);
        ticket.Stage = QueueStage.Reserved;
        ticket.IsReturned = true;
        Generation generation = ticket.Generation!;
        ticket.Generation = null;
        generation.Complete(new RevisionChangedException());
    }

    // A prompt that is submitted after the first of its request has begun elsewhere joins it there.
    private bool TryJoin(QueueTicket ticket)
    {
        if (ticket.Lease.Revision is not { } revision || revision == _active)
        {
            return false;
        }

        ticket.Node = revision.Bound.AddLast(ticket);
        _boundCount++;
        return true;
    }

    private void CountWaiting() => Volatile.Write(ref _waitingCount, _order.Count + _boundCount);
}
