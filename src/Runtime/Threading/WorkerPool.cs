using System.Diagnostics;

namespace Sparrow.Runtime.Threading;

/// <summary>
/// The one pool of compute threads of the process. A caller hands in work split in items and takes part in it itself; one piece of work runs at
/// a time, and callers wait their turn by lane (<see cref="TurnOrder"/>).
/// </summary>
/// <remarks>
/// Items are handed out in slices by an atomic counter, so a thread that the system takes off its core delays its own slice only, and a thread that
/// never woke is not waited for. Threads that find nothing to do spin for a moment, since the next layer is microseconds away, and then park.
/// </remarks>
public sealed partial class WorkerPool : IDisposable
{
    private static readonly Lock s_sharedLock = new();
    private static WorkerPool? s_shared;

    private readonly object _turnChanged = new();
    private readonly TurnOrder _order = new(Stopwatch.Frequency);
    private readonly long[] _waited = new long[Enum.GetValues<WorkerLane>().Length];
    private int _holder;

    public WorkerPool(int workerCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workerCount);
        WorkerCount = workerCount;
    }

    /// <summary>The process-wide pool, one worker a core unless <see cref="Configure"/> came before its first use.</summary>
    public static WorkerPool Shared
    {
        get
        {
            lock (s_sharedLock)
            {
                return s_shared ??= new WorkerPool(Environment.ProcessorCount);
            }
        }
    }

    /// <summary>Threads that work at once, the caller included.</summary>
    public int WorkerCount { get; }

    /// <summary>Sets the size of <see cref="Shared"/>.</summary>
    /// <param name="threads">Threads that work at once.</param>
    /// <exception cref="InvalidOperationException">The pool is in use with another size.</exception>
    public static void Configure(int threads)
    {
        lock (s_sharedLock)
        {
            if (s_shared is not null && s_shared.WorkerCount != threads)
            {
                throw new InvalidOperationException(
                    $"The worker pool already runs {s_shared.WorkerCount} threads; it cannot be changed to {threads}.");
            }

            s_shared ??= new WorkerPool(threads);
        }
    }

    /// <summary>How long callers of a lane have waited for their turn so far, all together.</summary>
    public TimeSpan WaitedBy(WorkerLane lane) => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _waited[(int)lane]));

    /// <summary>Sets which share of the time a lower lane is guaranteed while others compute: as much as they may be slowed by it.</summary>
    /// <param name="lane">Not <see cref="WorkerLane.Serving"/>, which waits for nobody else.</param>
    /// <param name="share">Above 0, so that the lane always gets on, and at most 1.</param>
    public void SetShare(WorkerLane lane, double share)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)lane, (int)WorkerLane.Serving, nameof(lane));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        lock (_turnChanged)
        {
            _order.SetShare(lane, share);
        }
    }

    /// <summary>Most threads that work in the lane of compression at once; null: all. Takes effect with the next piece of work.</summary>
    public int? CompressionThreads { get; set; }

    /// <summary>
    /// Takes the turn for several calls of <see cref="Run"/> from this thread, a layer at most: between them nobody else gets the cores. Ends with
    /// <see cref="Exit"/>.
    /// </summary>
    public void Enter(WorkerLane lane = WorkerLane.Serving)
    {
        Debug.Assert(_holder != Environment.CurrentManagedThreadId, "A thread takes one turn at a time.");
        Take(lane);
    }

    /// <summary>Ends the turn that <see cref="Enter"/> took.</summary>
    public void Exit() => Release();

    /// <summary>Runs the work and returns when all items are done. Allocates nothing.</summary>
    /// <param name="work">The work.</param>
    /// <param name="itemCount">Items, 0 included.</param>
    /// <param name="grain">Fewest items worth handing to a worker.</param>
    /// <param name="lane">The caller's lane. In the lower lanes long work gives way between slices.</param>
    public void Run(IParallelWork work, int itemCount, int grain = 1, WorkerLane lane = WorkerLane.Serving)
    {
        if (itemCount <= 0)
        {
            return;
        }

        if (_holder == Environment.CurrentManagedThreadId)
        {
            RunItems(work, 0, itemCount, grain, giveWay: false, WorkerCount);
            return;
        }

        int next = 0;
        while (next < itemCount)
        {
            Take(lane);
            try
            {
                next = RunItems(
                    work, next, itemCount, grain, giveWay: lane != WorkerLane.Serving, lane == WorkerLane.Compression ? CompressionThreads ?? WorkerCount : WorkerCount);
            }
            finally
            {
                Release();
            }
        }
    }

    private void Take(WorkerLane lane)
    {
        lock (_turnChanged)
        {
            long ticket = _order.Arrive(lane);
            UpdateWaiting();
            long arrivedAt = Stopwatch.GetTimestamp();
            while (!_order.TryTake(lane, ticket, Stopwatch.GetTimestamp()))
            {
                // The time-out is for the pause that lower lanes keep: nobody signals its end.
                Monitor.Wait(_turnChanged, lane == WorkerLane.Serving ? Timeout.Infinite : 1);
            }

            Volatile.Write(ref _waited[(int)lane], _waited[(int)lane] + Stopwatch.GetTimestamp() - arrivedAt);
            UpdateWaiting();
            _holder = Environment.CurrentManagedThreadId;
        }
    }

    private void Release()
    {
        lock (_turnChanged)
        {
            Debug.Assert(_holder == Environment.CurrentManagedThreadId, "The thread that took the turn ends it.");
            _holder = 0;
            _order.Release(Stopwatch.GetTimestamp());
            if (_order.AnyWaiting)
            {
                Monitor.PulseAll(_turnChanged);
            }
        }
    }

    private void UpdateWaiting() => Volatile.Write(ref _someoneWaits, _order.AnyWaiting);
}
