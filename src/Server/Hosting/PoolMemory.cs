using Sparrow.Runtime.Loading;
using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>P-6: the budget of all models together, and what they really take of it: weights, scratch, and the blocks of caches ever used.</summary>
internal sealed class PoolMemory(ModelPool pool, ServerSettings settings)
{
    // The rest is for the managed heap, for requests, and for what the system needs to stay well.
    private const double ShareOfFree = 0.8;

    private readonly Lock _lock = new();
    private long _reserved;

    /// <summary>Bytes that models may take.</summary>
    public long Budget { get; } = settings.Pool.MemoryBytes ?? (long)(FreeMemory.Bytes() * ShareOfFree);

    /// <summary>Bytes that revisions in memory take.</summary>
    public long Used => pool.Entries.Sum(entry => entry.InMemory.Sum(model => model.MemoryBytes));

    /// <summary>Bytes promised to loads under way.</summary>
    public long Reserved => Interlocked.Read(ref _reserved);

    public long Free => Budget - Used - Reserved;

    /// <summary>Promises bytes to a load.</summary>
    /// <returns>False where they are not free.</returns>
    public bool TryReserve(long bytes)
    {
        lock (_lock)
        {
            if (bytes > Free)
            {
                return false;
            }

            Interlocked.Add(ref _reserved, bytes);
            return true;
        }
    }

    /// <summary>The load has ended: what it took counts as used from now on.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);
}
