using System.Collections.Concurrent;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Admission;

/// <summary>
/// Holds each key to its <c>requests_per_minute</c> with a bucket that fills evenly: a burst of up to a minute's worth is taken, and then calls at the
/// rate itself. Keys are few, so a bucket for each name that was ever limited is kept.
/// </summary>
internal sealed class KeyRate(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new();

    /// <exception cref="ApiException">429 <c>rate_limit_exceeded</c>, with the time until the next call is taken.</exception>
    public void Count(Caller caller)
    {
        if (caller.RequestsPerMinute is not { } perMinute)
        {
            return;
        }

        Bucket bucket = _buckets.GetOrAdd(caller.KeyName, static (_, state) => new Bucket(state.perMinute, state.now), (perMinute, now: time.GetTimestamp()));
        lock (bucket)
        {
            long now = time.GetTimestamp();
            double filled = bucket.Calls + (time.GetElapsedTime(bucket.Timestamp, now).TotalMinutes * perMinute);
            bucket.Timestamp = now;
            bucket.Calls = Math.Min(filled, perMinute);
            if (bucket.Calls >= 1)
            {
                bucket.Calls -= 1;
                return;
            }

            throw new ApiException(
                429, "rate_limit_error", "rate_limit_exceeded", $"The key '{caller.KeyName}' may make {perMinute} calls a minute.")
            {
                RetryAfter = TimeSpan.FromMinutes((1 - bucket.Calls) / perMinute),
            };
        }
    }

    private sealed class Bucket(double calls, long timestamp)
    {
        public double Calls { get; set; } = calls;

        public long Timestamp { get; set; } = timestamp;
    }
}
