using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Admission;

/// <summary>What is refused, and when to come back.</summary>
internal sealed partial class RequestQueue
{
    /// <summary>Checks the caps; called with the lock held.</summary>
    private void RequirePlace(Caller caller, int bound, TimeSpan? timeout)
    {
        if (caller.MaxConcurrent is { } most && _heldByKey.GetValueOrDefault(caller.KeyName) >= most)
        {
            throw new ApiException(
                429,
                "rate_limit_error",
                "rate_limit_exceeded",
                $"The key '{caller.KeyName}' has {most} requests in this server, which is all it may have at once.")
            {
                RetryAfter = _pace.EstimateWait(1),
            };
        }

        if (_queued.Count >= _options.MaxQueuedRequests)
        {
            throw Full($"{_queued.Count} requests wait, and at most {_options.MaxQueuedRequests} may.");
        }

        // An empty queue takes any prompt: one that could never enter would otherwise be told to come back for ever.
        if (_queued.Count > 0 && _queuedTokens + bound > _options.MaxQueuedPromptTokens)
        {
            throw Full($"{_queuedTokens} prompt tokens wait, and at most {_options.MaxQueuedPromptTokens} may; this request may bring up to {bound}.");
        }

        // without room now, the wait is what the queue ahead takes at the recent pace.
        bool mustWait = _queued.Count > 0 && _runningSequences >= _options.MaxRunning;
        if (timeout is { } own && mustWait && _pace.EstimateWait(_queued.Count + 1) is var wait && wait > own)
        {
            throw Full($"The wait would be about {wait.TotalMilliseconds:0} ms, longer than timeout_ms {own.TotalMilliseconds:0}.");
        }
    }

    private ApiException Full(string reason)
    {
        string message = $"The server is busy: {reason}";
        TimeSpan retry = _pace.EstimateWait(_queued.Count + 1);
        return _options.OverloadStatus == 503
            ? new ApiException(503, "unavailable_error", "queue_full", message) { RetryAfter = retry }
            : new ApiException(429, "rate_limit_error", "queue_full", message) { RetryAfter = retry };
    }

    private static ApiException Draining() =>
        new(503, "unavailable_error", "server_draining", "The server is being stopped and takes no new requests.") { RetryAfter = TimeSpan.FromSeconds(5) };
}
