using Sparrow.Runtime;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Admission;

/// <summary>The waiting queue of one model name, above its engines (P-1): caps, priorities, fair shares by key, deadlines (C §6.5).</summary>
internal sealed partial class RequestQueue : IRequestSource
{
    private readonly Lock _lock = new();
    private readonly QueueOptions _options;
    private readonly TimeProvider _time;
    private readonly FairOrder _order;
    private readonly Dictionary<Generation, QueueTicket> _running = [];
    private readonly HashSet<QueueTicket> _queued = [];
    private readonly Dictionary<string, int> _heldByKey = new(StringComparer.Ordinal);
    private readonly ServicePace _pace;
    private int _runningSequences;
    private long _queuedTokens;
    private int _waitingCount;
    private bool _refuses;

    public RequestQueue(QueueOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _pace = new ServicePace(time);
        _order = new FairOrder(options.MaxRunning, options.MaxSharePerKey);
    }

    /// <summary>Called when something arrived or a running request was cancelled: wakes the engine.</summary>
    public Action Arrived { get; set; } = static () => { };

    /// <summary>Whether the active revision's engine could run a request at all, with nothing else in its cache.</summary>
    public Func<GenerationRequest, bool> CanRun { get; set; } = static _ => true;

    /// <summary>The longest prompt that can be right; bounds beyond it are refused later with the exact figure, so they count no more than this.</summary>
    public int ContextLength { get; set; } = int.MaxValue;

    /// <summary>The queue at this moment.</summary>
    public QueueSnapshot Snapshot
    {
        get
        {
            lock (_lock)
            {
                long oldest = long.MaxValue;
                foreach (QueueTicket ticket in _queued)
                {
                    oldest = Math.Min(oldest, ticket.ReservedTimestamp);
                }

                TimeSpan age = _queued.Count > 0 ? _time.GetElapsedTime(oldest) : TimeSpan.Zero;
                return new QueueSnapshot(_running.Count, _runningSequences, _queued.Count, _queuedTokens, age);
            }
        }
    }

    /// <summary>A-1: takes a place before tokenization, by an upper bound of the prompt's tokens.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="promptTokenBound">A cheap upper bound of the prompt's tokens, such as its bytes.</param>
    /// <param name="timeout">The caller's own limit; null: the server's.</param>
    /// <param name="lease">What the prompts of one request share; null: a request of one prompt.</param>
    /// <exception cref="ApiException">429 <c>queue_full</c> or <c>rate_limit_exceeded</c>, 503 <c>server_draining</c>.</exception>
    public QueueTicket Reserve(Caller caller, int promptTokenBound, TimeSpan? timeout, RequestLease? lease = null)
    {
        int bound = Math.Clamp(promptTokenBound, 1, ContextLength);
        TimeSpan limit = timeout is { } own && own < _options.RequestTime ? own : _options.RequestTime;
        QueueTicket ticket;
        lock (_lock)
        {
            if (_refuses)
            {
                throw Draining();
            }

            RequirePlace(caller, bound, timeout);
            ticket = new QueueTicket(this, caller, bound) { ReservedTimestamp = _time.GetTimestamp(), Lease = lease ?? new RequestLease() };
            ticket.Lease.Tickets++;
            _queued.Add(ticket);
            _queuedTokens += bound;
            _heldByKey[caller.KeyName] = _heldByKey.GetValueOrDefault(caller.KeyName) + 1;
            _pace.Busy();
        }

        // Outside the lock: a timer of no time at all may fire before it returns.
        bool isOwnLimit = limit < _options.RequestTime;
        ticket.Deadline = _time.CreateTimer(_ => End(ticket, ApiException.Timeout(limit, isOwnLimit)), null, limit, Timeout.InfiniteTimeSpan);
        if (ticket.Stage == QueueStage.Ended)
        {
            ticket.Deadline.Dispose();
        }

        return ticket;
    }

    public void Release(Generation generation)
    {
        RevisionLeases? idle;
        lock (_lock)
        {
            if (!_running.Remove(generation, out QueueTicket? ticket))
            {
                return;
            }

            _runningSequences -= generation.Request.Choices;
            _order.Charge(KeyOf(ticket), generation.Statistics.GeneratedTokens - ticket.ChargedTokens);
            _order.End(KeyOf(ticket), generation.Request.Choices);
            idle = Close(ticket);
            _pace.Served(isIdle: _running.Count == 0 && _queued.Count == 0);
        }

        idle?.Idle();
    }

    /// <summary>Refuses new places with <c>server_draining</c>, or takes them again.</summary>
    public void Refuse(bool refuses)
    {
        lock (_lock)
        {
            _refuses = refuses;
        }
    }

    /// <summary>Ends everything that waits or runs with 503 <c>request_aborted</c>.</summary>
    public void AbortAll()
    {
        QueueTicket[] tickets;
        lock (_lock)
        {
            tickets = [.. _queued, .. _running.Values];
        }

        foreach (QueueTicket ticket in tickets)
        {
            End(ticket, ApiException.Aborted());
        }
    }

    internal void Submit(QueueTicket ticket, Generation generation)
    {
        int choices = generation.Request.Choices;
        if (choices > _options.MaxRunning)
        {
            throw ApiException.Invalid("invalid_value", $"'n' may be at most {_options.MaxRunning} on this server; {choices} were asked for.", "n");
        }

        if (!(ticket.PreparedFor?.CanRun ?? CanRun)(generation.Request))
        {
            throw ApiException.Invalid(
                "context_length_exceeded",
                $"The request's {generation.Request.PromptTokens.Length} prompt tokens and {choices} × {generation.Request.MaxTokens} tokens to generate "
                + "do not fit in this server's cache, even alone.");
        }

        lock (_lock)
        {
            if (ticket.Failure is { } failure)
            {
                throw failure;
            }

            if (ticket.Stage != QueueStage.Reserved)
            {
                throw new InvalidOperationException($"A ticket takes one request; this one is {ticket.Stage}.");
            }

            _queuedTokens += generation.Request.PromptTokens.Length - ticket.PromptTokens;
            ticket.PromptTokens = generation.Request.PromptTokens.Length;
            ticket.Generation = generation;
            ticket.Stage = QueueStage.Waiting;
            ticket.QueuedTimestamp = ticket.QueuedTimestamp == 0 ? _time.GetTimestamp() : ticket.QueuedTimestamp;
            generation.Statistics.QueuedTimestamp = ticket.QueuedTimestamp;
            int priority = Math.Max(generation.Request.Priority, ticket.Caller.MinPriority ?? int.MinValue);
            if (!TryJoin(ticket))
            {
                _order.Add(ticket, KeyOf(ticket), _options.Policy == "priority" ? priority : 0);
            }

            CountWaiting();
        }

        WakeFor(ticket);
    }

    internal void Leave(QueueTicket ticket) => End(ticket, failure: null);

    /// <summary>Ends a request wherever it stands. What runs ends at the engine's next step.</summary>
    private void End(QueueTicket ticket, ApiException? failure)
    {
        RevisionLeases? idle = null;
        lock (_lock)
        {
            if (ticket.Stage == QueueStage.Ended)
            {
                return;
            }

            ticket.Failure ??= failure;
            switch (ticket.Stage)
            {
                case QueueStage.Reserved when failure is not null:
                    // Its owner still tokenises: it hears of it when it submits, and gives the place back.
                    return;
                case QueueStage.Reserved:
                    _queued.Remove(ticket);
                    _queuedTokens -= ticket.PromptTokens;
                    idle = Close(ticket);
                    break;
                case QueueStage.Waiting:
                    idle = Drop(ticket);
                    ticket.Generation!.Cancel();
                    Abort(ticket.Generation, ticket.Failure);
                    break;
                default:
                    ticket.Generation!.Cancel();
                    break;
            }
        }

        idle?.Idle();
        WakeFor(ticket);
    }

    private void WakeFor(QueueTicket ticket) => (ticket.Lease.Revision?.Wake ?? Arrived)();

    /// <summary>Takes a waiting ticket out of the order and the counts.</summary>
    /// <returns>The revision whose last lease ended with it.</returns>
    private RevisionLeases? Drop(QueueTicket ticket)
    {
        TakeOut(ticket);
        _queued.Remove(ticket);
        _queuedTokens -= ticket.PromptTokens;
        return Close(ticket);
    }

    /// <returns>The revision whose last lease ended with it.</returns>
    private RevisionLeases? Close(QueueTicket ticket)
    {
        ticket.Stage = QueueStage.Ended;
        ticket.Deadline?.Dispose();
        string key = ticket.Caller.KeyName;
        if (--_heldByKey[key] == 0)
        {
            _heldByKey.Remove(key);
        }

        return --ticket.Lease.Tickets == 0 && ticket.Lease.Revision is { } revision && revision.Remove() ? revision : null;
    }

    private void Abort(Generation generation, ApiException? failure)
    {
        generation.Statistics.FinishedTimestamp = _time.GetTimestamp();
        if (failure is null)
        {
            for (int choice = 0; choice < generation.Request.Choices; choice++)
            {
                generation.Publish(new GeneratedToken(GeneratedTokenKind.Finished, choice, -1, float.NaN, null, FinishReason.Abort));
            }
        }

        generation.Complete(failure);
    }

    private string KeyOf(QueueTicket ticket) => _options.Policy == "fcfs" ? "" : ticket.Caller.KeyName;
}
