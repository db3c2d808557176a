using Sparrow.Server.Hosting;
using Sparrow.Server.Options;

namespace Sparrow.Server.Observability;

/// <summary>H-2: an engine that has work and finishes no step is stuck; an idle one never is. Reads snapshots, takes no lock (H-1).</summary>
internal sealed class StallWatch(ModelPool pool, ServerSettings settings, TimeProvider time)
{
    /// <summary>Some engine is stuck: not ready.</summary>
    public bool IsStalled => Longest() >= settings.Health.Stall;

    /// <summary>Some engine is stuck for three times as long: not live.</summary>
    public bool IsDead => Longest() >= 3 * settings.Health.Stall;

    /// <summary>How long a model's engine has had work without finishing a step; zero where it is idle or not loaded.</summary>
    public TimeSpan StalledTime(PoolEntry entry)
    {
        TimeSpan longest = TimeSpan.Zero;
        foreach (ServedModel model in entry.InMemory)
        {
            if (model.Engine.Snapshot is { IsBusy: true } snapshot && time.GetElapsedTime(snapshot.LastStepTimestamp) is var stalled && stalled > longest)
            {
                longest = stalled;
            }
        }

        return longest;
    }

    private TimeSpan Longest()
    {
        TimeSpan longest = TimeSpan.Zero;
        foreach (PoolEntry entry in pool.Entries)
        {
            TimeSpan stalled = StalledTime(entry);
            longest = stalled > longest ? stalled : longest;
        }

        return longest;
    }
}
