using System.Diagnostics.CodeAnalysis;
using Sparrow.Runtime;

namespace Sparrow.Server.Admission;

/// <summary>
/// What stands between a queue and one revision's engine: a request takes a lease on the revision when its first prompt leaves the queue, and
/// keeps it until the last one has left the engine (P-1), so that no answer mixes two revisions. A revision that is not the active one takes
/// nothing new; one without leases may be disposed.
/// </summary>
/// <param name="queue">The queue of the model's name.</param>
/// <param name="promptForm">Names how prompts become tokens: revisions of equal form can take each other's waiting requests as they are.</param>
internal sealed class RevisionLeases(RequestQueue queue, string promptForm = "") : IRequestSource
{
    private int _count;

    /// <summary>Requests on this revision now.</summary>
    public int Count => Volatile.Read(ref _count);

    public string PromptForm { get; } = promptForm;

    /// <summary>Longest sequence.</summary>
    public int ContextLength { get; init; } = int.MaxValue;

    /// <summary>Wakes the engine.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Whether the engine could run a request at all, with nothing else in its cache.</summary>
    public Func<GenerationRequest, bool> CanRun { get; set; } = static _ => true;

    /// <summary>What its owner knows it by.</summary>
    public object? Owner { get; set; }

    /// <summary>Whether it was given up and takes nothing any more. Guarded by the queue's lock.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>Waiting prompts of requests that have a lease on it. Guarded by the queue's lock.</summary>
    internal LinkedList<QueueTicket> Bound { get; } = [];

    /// <summary>Called, with no lock held, when the last lease has ended.</summary>
    public Action Idle { get; set; } = static () => { };

    public bool TryTake(in EngineRoom room, [NotNullWhen(true)] out Generation? generation) => queue.TryTake(this, room, out generation);

    public void Release(Generation generation) => queue.Release(generation);

    internal void Add() => Interlocked.Increment(ref _count);

    /// <returns>Whether it was the last one.</returns>
    internal bool Remove() => Interlocked.Decrement(ref _count) == 0;

    /// <summary>Whether a waiting request can run here as it stands.</summary>
    internal bool Accepts(QueueTicket ticket) =>
        ticket.PreparedFor is not { } prepared || prepared == this
        || (prepared.PromptForm == PromptForm && CanRun(ticket.Generation!.Request));
}
