namespace Sparrow.Server.Options;

/// <summary>Queue and scheduler.</summary>
internal sealed record SchedulerSettings
{
    /// <summary><c>fair</c>, <c>fcfs</c> or <c>priority</c>.</summary>
    public required string Policy { get; init; }

    public required int MaxRunning { get; init; }

    /// <summary>Most tokens in a step; null: measured.</summary>
    public required int? MaxBatchedTokens { get; init; }

    public required int MaxQueuedRequests { get; init; }

    public required int MaxQueuedPromptTokens { get; init; }

    public required int MaxLongPrefills { get; init; }

    public required TimeSpan TargetInterTokenLatency { get; init; }

    /// <summary>A-3: share of the running set that one key may hold while others wait.</summary>
    public required double MaxSharePerKey { get; init; }

    public required int MaxPreemptions { get; init; }

    public static SchedulerSettings Read(SettingsReader reader)
    {
        // 2,048 stands in for the measured budget in the default of the queue's token cap, which must be known before the first step.
        const int LargestBudget = 2048;
        int running = reader.Integer("Scheduler:MaxRunning", 64, 1, 4096);
        int? batched = reader.OptionalInteger("Scheduler:MaxBatchedTokens", "measured, at most 2048", 32, 65_536);
        return new SchedulerSettings
        {
            Policy = reader.Choice("Scheduler:Policy", "fair", "fair", "fcfs", "priority"),
            MaxRunning = running,
            MaxBatchedTokens = batched,
            MaxQueuedRequests = reader.OptionalInteger("Scheduler:MaxQueuedRequests", "4 × MaxRunning", 1, 1_000_000) ?? 4 * running,
            MaxQueuedPromptTokens = reader.OptionalInteger("Scheduler:MaxQueuedPromptTokens", "64 × MaxBatchedTokens", 1, int.MaxValue)
                ?? 64 * (batched ?? LargestBudget),
            MaxLongPrefills = reader.Integer("Scheduler:MaxLongPrefills", 1, 1, 4096),
            TargetInterTokenLatency = TimeSpan.FromMilliseconds(reader.Number("Scheduler:TargetItlMs", 50, 1, 60_000)),
            MaxSharePerKey = reader.Number("Scheduler:MaxSharePerKey", 0.5, 0.01, 1),
            MaxPreemptions = reader.Integer("Scheduler:MaxPreemptions", 4, 0, 1000),
        };
    }
}
