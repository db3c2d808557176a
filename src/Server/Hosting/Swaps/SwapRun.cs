using System.Text.Json.Nodes;

namespace Sparrow.Server.Hosting.Swaps;

/// <summary>A swap under way: its record as it stands, and how it is watched and cancelled.</summary>
internal sealed class SwapRun : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PoolEvents _events;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _cancellation;
    private volatile SwapRecord _record;
    private long _since;
    private bool _isDecided;

    public SwapRun(SwapRecord record, PoolEntry entry, SwapRequest request, PoolEvents events, TimeProvider time, CancellationToken stopping)
    {
        _record = record;
        Entry = entry;
        Request = request;
        _events = events;
        _time = time;
        _since = time.GetTimestamp();
        Started = _since;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Cancellation = _cancellation.Token;
        Tell();
    }

    public PoolEntry Entry { get; }

    public SwapRequest Request { get; }

    /// <summary>A timestamp.</summary>
    public long Started { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>Completes with the swap, however it ends.</summary>
    public TaskCompletionSource<SwapRecord> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SwapRecord Record
    {
        get => _record;
        set => _record = value;
    }

    /// <summary>Asks the swap to end before the flip.</summary>
    /// <returns>False where it has flipped or ended.</returns>
    public bool TryCancel()
    {
        lock (_lock)
        {
            if (_isDecided)
            {
                return false;
            }

            _cancellation.Cancel();
            return true;
        }
    }

    /// <summary>From here on it cannot be cancelled.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public void Decide()
    {
        lock (_lock)
        {
            Cancellation.ThrowIfCancellationRequested();
            _isDecided = true;
        }
    }

    /// <summary>Goes on to the next part; the time so far is the last one's.</summary>
    public void Enter(string status)
    {
        long now = _time.GetTimestamp();
        double took = Math.Round(_time.GetElapsedTime(_since, now).TotalMilliseconds, 3);
        _since = now;
        SwapTimings timings = _record.Timings;
        timings = _record.Status switch
        {
            SwapStatus.Queued => timings with { QueuedMs = took + (timings.QueuedMs ?? 0) },
            SwapStatus.Loading => timings with { LoadingMs = took + (timings.LoadingMs ?? 0) },
            SwapStatus.Probing => timings with { ProbingMs = took + (timings.ProbingMs ?? 0) },
            SwapStatus.Switching => timings with { SwitchingMs = took + (timings.SwitchingMs ?? 0) },
            SwapStatus.Draining => timings with { DrainingMs = took + (timings.DrainingMs ?? 0) },
            _ => timings,
        };
        bool isFinal = SwapStatus.IsFinal(status);
        _record = _record with { Status = status, Timings = timings, FinishedAt = isFinal ? _time.GetUtcNow().ToUnixTimeSeconds() : null };
        Tell();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDecided = true;
            _cancellation.Dispose();
        }
    }

    private void Tell()
    {
        SwapRecord swap = _record;
        JsonObject data = new()
        {
            ["swap"] = swap.Id,
            ["model"] = swap.Model,
            ["from"] = swap.From,
            ["to"] = swap.To,
            ["strategy"] = swap.Strategy,
            ["error"] = swap.Error?.Code,
        };
        string message = swap.Error is { } error ? error.Message : $"The swap of '{swap.Model}' to {swap.To} is {swap.Status}.";
        _events.Add($"swap.{swap.Status}", message, data, swap.Error is null ? "info" : "error");
    }
}
