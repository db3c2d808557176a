using Sparrow.Server.Admission;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>
/// H-4: leaving without cutting anybody off. Ready turns false at once; after a delay new calls are refused; what runs gets time to finish;
/// what is left then is ended with an error.
/// </summary>
internal sealed partial class Drain(
    ServerState state,
    ModelPool pool,
    ServerSettings settings,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<Drain> logger) : IDisposable
{
    // Often enough that a stop is not held up noticeably, seldom enough to cost nothing.
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(20);

    // What was told to end leaves at the engine's next step; this bounds the wait for a step that never comes.
    private static readonly TimeSpan s_abortTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private CancellationTokenSource _skipDelay = new();
    private CancellationTokenSource _skipDrain = new();
    private Task? _stop;
    private bool _isStopping;

    /// <summary>Begins to leave; the process ends afterwards. A second call skips to the end of what still runs.</summary>
    /// <param name="skipDelay">Whether balancers need no time to notice: at a terminal.</param>
    public void Stop(bool skipDelay)
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                _skipDelay.Cancel();
                _skipDrain.Cancel();
                return;
            }

            _isStopping = true;
            if (skipDelay)
            {
                _skipDelay.Cancel();
            }

            _stop = StopAsync(_stop);
        }
    }

    /// <summary><c>POST /v1/admin/drain</c>: leaves rotation, and after the delay refuses calls, but the process stays.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (!state.IsDraining)
            {
                _stop = LeaveRotationAsync();
            }
        }
    }

    /// <summary><c>DELETE /v1/admin/drain</c>: returns to service.</summary>
    /// <returns>False where a stop was requested, which cannot be taken back.</returns>
    public bool TryEnd()
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                return false;
            }

            // The delay that may still run ends without effect.
            _skipDrain.Cancel();
            _skipDelay.Cancel();
            _skipDelay = new CancellationTokenSource();
            _skipDrain = new CancellationTokenSource();
            state.IsDraining = false;
            Refuse(false);
            return true;
        }
    }

    public void Dispose()
    {
        _skipDelay.Dispose();
        _skipDrain.Dispose();
    }

    private async Task LeaveRotationAsync()
    {
        CancellationToken ended = _skipDrain.Token;
        Log.Began(logger, settings.Shutdown.Delay.TotalSeconds, settings.Shutdown.Drain.TotalSeconds);
        state.IsDraining = true;
        await Task.Delay(settings.Shutdown.Delay, time, _skipDelay.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (!ended.IsCancellationRequested || _isStopping)
            {
                Refuse(true);
                Log.Refuses(logger);
            }
        }
    }

    private async Task StopAsync(Task? leaving)
    {
        // 1. and 2. Not ready, then the delay; both may have begun by an operator's call.
        await (leaving is not null && state.IsDraining ? leaving : LeaveRotationAsync());

        // 3. and 4. New calls are refused now; the rest may finish.
        await WaitUntilIdleAsync(settings.Shutdown.Drain, _skipDrain.Token);

        // 5. What is left ends with an error.
        int left = pool.Entries.Sum(entry => Held(entry.Queue));
        if (left > 0)
        {
            Log.Aborts(logger, left);
            foreach (PoolEntry entry in pool.Entries)
            {
                entry.Queue.AbortAll();
            }

            await WaitUntilIdleAsync(s_abortTime, CancellationToken.None);
        }

        Log.Ended(logger);
        lifetime.StopApplication();
    }

    private async Task WaitUntilIdleAsync(TimeSpan limit, CancellationToken skip)
    {
        long start = time.GetTimestamp();
        while (!skip.IsCancellationRequested && time.GetElapsedTime(start) < limit && pool.Entries.Any(entry => Held(entry.Queue) > 0))
        {
            await Task.Delay(s_pollInterval, time, skip).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Refuse(bool refuses)
    {
        state.RefusesCalls = refuses;
        foreach (PoolEntry entry in pool.Entries)
        {
            entry.Queue.Refuse(refuses);
        }
    }

    private static int Held(RequestQueue queue) => queue.Snapshot is var now ? now.RunningRequests + now.WaitingRequests : 0;

    private static partial class Log
    {
        [LoggerMessage(EventIds.DrainBegan, LogLevel.Information, "Leaving: not ready now, new calls refused in {Delay} s, {Drain} s to finish")]
        public static partial void Began(ILogger logger, double delay, double drain);

        [LoggerMessage(EventIds.DrainRefuses, LogLevel.Information, "New calls are refused from now on")]
        public static partial void Refuses(ILogger logger);

        [LoggerMessage(EventIds.DrainAborts, LogLevel.Warning, "{Count} requests are ended before they are finished")]
        public static partial void Aborts(ILogger logger, int count);

        [LoggerMessage(EventIds.DrainEnded, LogLevel.Information, "Drained")]
        public static partial void Ended(ILogger logger);
    }
}
