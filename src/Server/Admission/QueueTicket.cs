using Sparrow.Runtime;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Admission;

/// <summary>A place in the queue: submit once, dispose always. Disposing ends a request that still waits or runs.</summary>
internal sealed class QueueTicket : IDisposable
{
    internal QueueTicket(RequestQueue queue, Caller caller, int promptTokens)
    {
        Queue = queue;
        Caller = caller;
        PromptTokens = promptTokens;
    }

    /// <summary>The queue the place is in.</summary>
    public RequestQueue Queue { get; }

    public Caller Caller { get; }

    /// <summary>Why the server ended the request before its time (its deadline, a shutdown); null where it did not. To be looked at when a
    /// stream ends with <see cref="FinishReason.Abort"/>.</summary>
    public ApiException? Failure { get; internal set; }

    /// <summary>Whether the place is still before the engine: reserved or waiting.</summary>
    public bool IsQueued => Stage is QueueStage.Reserved or QueueStage.Waiting;

    /// <summary>What the prompts of its request share.</summary>
    internal RequestLease Lease { get; init; } = new();

    /// <summary>The revision that the request was prepared for; null: any.</summary>
    internal RevisionLeases? PreparedFor { get; set; }

    /// <summary>When it was first submitted; 0: never.</summary>
    internal long QueuedTimestamp { get; set; }

    /// <summary>Whether it was handed back to be prepared again, and takes up its old place when it comes.</summary>
    internal bool IsReturned { get; set; }

    internal QueueStage Stage { get; set; }

    /// <summary>The prompt's tokens: an upper bound until submitted, exact from then on.</summary>
    internal int PromptTokens { get; set; }

    /// <summary>Tokens generated so far that fairness has already counted.</summary>
    internal int ChargedTokens { get; set; }

    internal Generation? Generation { get; set; }

    internal long ReservedTimestamp { get; init; }

    internal ITimer? Deadline { get; set; }

    /// <summary>Where it stands in its key's line, so that leaving costs no search.</summary>
    internal LinkedListNode<QueueTicket>? Node { get; set; }

    /// <summary>Puts the tokenised request into the place. From here on the engine or <see cref="Generation.Cancel"/> ends it.</summary>
    /// <exception cref="ApiException">408 where the deadline passed meanwhile; 503 where the server ended it; 400 where it can never run.</exception>
    /// <param name="generation">The request.</param>
    /// <param name="preparedFor">The revision that it was tokenised and checked for; null: any.</param>
    public void Submit(Generation generation, RevisionLeases? preparedFor = null)
    {
        PreparedFor = preparedFor;
        Queue.Submit(this, generation);
    }

    /// <summary>Gives the place back; ends the request where it still waits or runs.</summary>
    public void Dispose() => Queue.Leave(this);
}

/// <summary>Where a ticket stands.</summary>
internal enum QueueStage
{
    Reserved,
    Waiting,
    Running,
    Ended,
}
