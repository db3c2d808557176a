using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Sparrow.Runtime;

namespace Sparrow.Server.Commands;

/// <summary>What a command asks of its own engine, in order.</summary>
internal sealed class CommandRequestSource : IRequestSource
{
    private readonly ConcurrentQueue<Generation> _waiting = new();

    public void Add(Generation generation) => _waiting.Enqueue(generation);

    public bool TryTake(in EngineRoom room, [NotNullWhen(true)] out Generation? generation)
    {
        generation = null;
        return room.Sequences > 0 && _waiting.TryDequeue(out generation);
    }

    public void Release(Generation generation)
    {
    }
}
