using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Sparrow.Runtime.Threading;

public sealed partial class WorkerPool
{
    // About a hundred microseconds: the gap between two layers' products during a step. Waking a parked thread costs half as much.
    private const int SpinsBeforeParking = 1500;
    private const int SpinLength = 2;

    // The low half of _state when there is nothing to hand out.
    private const int Closed = int.MaxValue;

    private readonly object _parkingLot = new();
    private readonly ExceptionDispatchInfo?[] _failure = new ExceptionDispatchInfo?[1];
    private Thread[]? _threads;
    private volatile bool _disposed;
    private bool _someoneWaits;
    private volatile int _parked;

    // The work in progress. A worker reads _state, then these, and may only go on if _state is still what it read: so it can never mix two pieces.
    private IParallelWork? _work;
    private int _end;
    private int _grain;
    private bool _evenSlices;
    private int _threadLimit;
    private volatile bool _failed;

    // Number of the piece in the high half, next item in the low half.
    private long _state = Closed;
    private int _done;

    /// <summary>Ends the threads. No work may be running.</summary>
    public void Dispose()
    {
        _disposed = true;
        lock (_parkingLot)
        {
            Monitor.PulseAll(_parkingLot);
        }

        foreach (Thread thread in _threads ?? [])
        {
            thread.Join();
        }
    }

    /// <summary>Runs items until all are done or, with <paramref name="giveWay"/>, until the turn has lasted long enough and others wait.</summary>
    /// <returns>The first item that has not been run.</returns>
    private int RunItems(IParallelWork work, int start, int end, int grain, bool giveWay, int threads)
    {
        _failed = false;
        if (!giveWay && (WorkerCount == 1 || end - start <= grain))
        {
            work.Execute(start, end, 0);
            return end;
        }

        // 1. Publish: fields first, then the state that lets workers in.
        _work = work;
        _end = end;
        _grain = grain;
        _evenSlices = giveWay;
        _threadLimit = threads;
        Volatile.Write(ref _done, start);
        int number = (int)(_state >> 32) + 1;
        Interlocked.Exchange(ref _state, Pack(number, start));
        Wake();

        // 2. Take part.
        long startedAt = Stopwatch.GetTimestamp();
        while (RunSlice(number, 0))
        {
            if (giveWay && Volatile.Read(ref _someoneWaits) && Stopwatch.GetElapsedTime(startedAt) > TurnOrder.LongestLowerTurn)
            {
                break;
            }
        }

        // 3. Close, then wait for the slices that others have taken.
        int handedOut = Math.Min((int)Interlocked.Exchange(ref _state, Pack(number, Closed)), end);
        SpinWait wait = default;
        while (Volatile.Read(ref _done) != handedOut)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        _work = null;
        if (_failed)
        {
            ExceptionDispatchInfo failure = _failure[0]!;
            _failure[0] = null;
            failure.Throw();
        }

        return handedOut;
    }

    /// <summary>Takes a slice of piece <paramref name="number"/> and runs it.</summary>
    /// <returns>False when the piece has none left.</returns>
    private bool RunSlice(int number, int worker)
    {
        long state = Volatile.Read(ref _state);
        while (true)
        {
            int next = (int)state;
            IParallelWork? work = _work;
            int end = _end;
            if ((int)(state >> 32) != number || next >= end || work is null || worker >= _threadLimit)
            {
                return false;
            }

            // Large slices first, then smaller ones down to the grain: few claims, and an even finish. Work that gives way keeps to the grain,
            // since it can only do so between slices.
            int size = Math.Min(end - next, _evenSlices ? _grain : Math.Max(_grain, (end - next) / (4 * WorkerCount)));
            long seen = Interlocked.CompareExchange(ref _state, Pack(number, next + size), state);
            if (seen != state)
            {
                state = seen;
                continue;
            }

            try
            {
                if (!_failed)
                {
                    work.Execute(next, next + size, worker);
                }
            }
            catch (Exception exception)
            {
                // Whatever it is, it belongs to the caller of Run; the slice counts as done so that the caller gets to see it.
                if (Interlocked.CompareExchange(ref _failure[0], ExceptionDispatchInfo.Capture(exception), null) is null)
                {
                    _failed = true;
                }
            }

            Interlocked.Add(ref _done, size);
            return true;
        }
    }

    private static long Pack(int number, int next) => ((long)number << 32) | (uint)next;

    private void Wake()
    {
        if (_threads is null)
        {
            StartThreads();
        }
        else if (_parked > 0)
        {
            lock (_parkingLot)
            {
                Monitor.PulseAll(_parkingLot);
            }
        }
    }

    // Threads start with the first work, so that a pool which is never used costs nothing. Only the holder of the turn gets here.
    private void StartThreads()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Thread[] threads = new Thread[WorkerCount - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i + 1;
            threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"Sparrow worker {worker}" };
            threads[i].Start();
        }

        _threads = threads;
    }

    private void Work(int worker)
    {
        ComputePriority.LowerCurrentThread();
        int spins = 0;
        while (!_disposed)
        {
            long state = Volatile.Read(ref _state);
            if ((int)state != Closed && RunSlice((int)(state >> 32), worker))
            {
                spins = 0;
            }
            else if (++spins < SpinsBeforeParking)
            {
                Thread.SpinWait(SpinLength);
            }
            else
            {
                Park(state);
                spins = 0;
            }
        }
    }

    // The count goes up before the state is looked at once more, and the caller of Run changes the state before it looks at the count:
    // one of the two sees the other.
    private void Park(long seen)
    {
        lock (_parkingLot)
        {
            _parked++;
            Interlocked.MemoryBarrier();
            if (!_disposed && Volatile.Read(ref _state) == seen)
            {
                Monitor.Wait(_parkingLot);
            }

            _parked--;
        }
    }
}
