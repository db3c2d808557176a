namespace Sparrow.Server.Hosting.Swaps;

/// <summary>A change of a model's active revision, as it is stored and answered.</summary>
internal sealed record SwapRecord
{
    public required string Id { get; init; }

    public string Object { get; init; } = "swap";

    public required string Model { get; init; }

    /// <summary>The revision that was active; null where the model had never been loaded.</summary>
    public string? From { get; init; }

    public required string To { get; init; }

    /// <summary>As asked for, and once it is chosen, what was chosen.</summary>
    public required string Strategy { get; init; }

    /// <summary>One of <see cref="SwapStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>Unix seconds; null while it is under way.</summary>
    public long? FinishedAt { get; init; }

    /// <summary>What the new revision is expected to take, and what was free; null where it was in memory already.</summary>
    public SwapEstimate? Estimate { get; init; }

    public SwapTimings Timings { get; init; } = new();

    public SwapError? Error { get; init; }
}

/// <summary>What <c>auto</c> chose by.</summary>
internal sealed record SwapEstimate(long Bytes, long FreeBytes);

/// <summary>What each part took, in milliseconds; null where it did not happen.</summary>
internal sealed record SwapTimings
{
    public double? QueuedMs { get; init; }

    public double? LoadingMs { get; init; }

    public double? ProbingMs { get; init; }

    public double? SwitchingMs { get; init; }

    public double? DrainingMs { get; init; }

    /// <summary>How long the model had no revision; null for a parallel swap, which has no such time.</summary>
    public double? UnavailableMs { get; init; }
}

/// <summary>Why a swap failed.</summary>
internal sealed record SwapError(string Code, string Message);
