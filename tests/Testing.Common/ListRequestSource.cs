using System.Diagnostics.CodeAnalysis;
using Sparrow.Runtime;

namespace Sparrow.Testing;

/// <summary>A first-come-first-served source that remembers what it was given back.</summary>
public sealed class ListRequestSource : IRequestSource
{
    private readonly Lock _lock = new();
    private readonly Queue<Generation> _waiting = new();
    private readonly List<Generation> _released = [];

    /// <summary>What the engine has released, in order.</summary>
    public IReadOnlyList<Generation> Released
    {
        get
        {
            lock (_lock)
            {
                return [.. _released];
            }
        }
    }

    public int WaitingCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Puts a request at the end of the line. Wake the engine afterwards, where it has a thread.</summary>
    public Generation Add(GenerationRequest request, TimeProvider? time = null)
    {
        Generation generation = new(request, time);
        lock (_lock)
        {
            _waiting.Enqueue(generation);
        }

        return generation;
    }

    public bool TryTake(in EngineRoom room, [NotNullWhen(true)] out Generation? generation)
    {
        lock (_lock)
        {
            return _waiting.TryDequeue(out generation);
        }
    }

    public void Release(Generation generation)
    {
        lock (_lock)
        {
            _released.Add(generation);
        }
    }
}
