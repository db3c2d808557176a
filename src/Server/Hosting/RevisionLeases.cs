using System.Diagnostics.CodeAnalysis;
using Sparrow.Runtime;

namespace Sparrow.Server.Hosting;

/// <summary>
/// What stands between a queue and one revision's engine: a request takes a lease on the revision when it leaves the queue, and keeps it
/// until it has left the engine (P-1). A revision that was closed takes nothing more and may be disposed when its last lease has ended.
/// </summary>
internal sealed class RevisionLeases(IRequestSource queue) : IRequestSource
{
    private int _count;
    private volatile bool _isClosed;

    /// <summary>Requests on this revision now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>No request is begun on this revision any more; those that run go on.</summary>
    public void Close() => _isClosed = true;

    public bool TryTake(in EngineRoom room, [NotNullWhen(true)] out Generation? generation)
    {
        generation = null;
        if (_isClosed || !queue.TryTake(room, out generation))
        {
            return false;
        }

        Interlocked.Increment(ref _count);
        return true;
    }

    public void Release(Generation generation)
    {
        Interlocked.Decrement(ref _count);
        queue.Release(generation);
    }
}
