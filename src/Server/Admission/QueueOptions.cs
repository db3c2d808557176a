using Sparrow.Server.Options;

namespace Sparrow.Server.Admission;

/// <summary>What a waiting queue goes by.</summary>
internal sealed record QueueOptions
{
    /// <summary><c>fair</c>, <c>fcfs</c> or <c>priority</c>.</summary>
    public string Policy { get; init; } = "fair";

    /// <summary>Sequences that the engine runs at once.</summary>
    public int MaxRunning { get; init; } = 64;

    public int MaxQueuedRequests { get; init; } = 256;

    public int MaxQueuedPromptTokens { get; init; } = 131_072;

    public double MaxSharePerKey { get; init; } = 0.5;

    /// <summary>429 or 503.</summary>
    public int OverloadStatus { get; init; } = 429;

    /// <summary>Time for a whole request, waiting included.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromHours(1);

    public static QueueOptions Of(ServerSettings settings) =>
        new()
        {
            Policy = settings.Scheduler.Policy,
            MaxRunning = settings.Scheduler.MaxRunning,
            MaxQueuedRequests = settings.Scheduler.MaxQueuedRequests,
            MaxQueuedPromptTokens = settings.Scheduler.MaxQueuedPromptTokens,
            MaxSharePerKey = settings.Scheduler.MaxSharePerKey,
            OverloadStatus = settings.Admission.OverloadStatus,
            RequestTime = settings.Limits.RequestTimeout,
        };
}
