namespace Sparrow.Runtime.Scheduling;

/// <summary>What the scheduler has counted since the start.</summary>
internal sealed class SchedulerCounts
{
    public long Preemptions { get; set; }

    /// <summary>Tokens computed again after a preemption.</summary>
    public long RecomputedTokens { get; set; }

    /// <summary>Tokens looked up in the prefix index.</summary>
    public long PrefixQueries { get; set; }

    /// <summary>Tokens found there.</summary>
    public long PrefixHits { get; set; }
}
