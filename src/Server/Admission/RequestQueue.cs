using System.Diagnostics.CodeAnalysis;
using Sparrow.Runtime;

namespace Sparrow.Server.Admission;

/// <summary>The waiting queue of one model name, above its engines (P-1): caps, priorities, fair shares by key (C §6.5).</summary>
internal sealed class RequestQueue : IRequestSource
{
    /// <summary>A-1: takes a place before tokenization, by an upper bound of the prompt's tokens.</summary>
    /// <exception cref="Api.Errors.ApiException">429 <c>queue_full</c>, 503 <c>server_draining</c>.</exception>
    public QueueTicket Reserve(Caller caller, int promptTokenBound, TimeSpan? timeout)
    {
        _ = promptTokenBound;
        _ = timeout;
        return new QueueTicket(this, caller);
    }

    public bool TryTake(in EngineRoom room, [NotNullWhen(true)] out Generation? generation)
    {
        generation = null;
        return false;
    }

    public void Release(Generation generation)
    {
    }
}

/// <summary>A place in the queue: submit once, dispose always.</summary>
internal sealed class QueueTicket(RequestQueue queue, Caller caller) : IDisposable
{
    /// <summary>The queue the place is in.</summary>
    public RequestQueue Queue { get; } = queue;

    public Caller Caller { get; } = caller;

    /// <summary>Puts the tokenised request into the place. From here on the engine or <see cref="Generation.Cancel"/> ends it.</summary>
    public void Submit(Generation generation) => ArgumentNullException.ThrowIfNull(generation);

    /// <summary>Gives the place back where nothing was submitted.</summary>
    public void Dispose()
    {
    }
}
