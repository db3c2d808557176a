using System.Collections.Concurrent;

namespace Sparrow.Server.Jobs;

/// <summary>What this process works on, by job.</summary>
internal sealed class ActiveJobs
{
    private readonly ConcurrentDictionary<string, ActiveJob> _jobs = new(StringComparer.Ordinal);

    public IEnumerable<ActiveJob> All => _jobs.Values;

    public ActiveJob? Find(string id) => _jobs.GetValueOrDefault(id);

    /// <summary>Takes a job, unless somebody has it.</summary>
    public ActiveJob? TryTake(string id, CancellationToken stopping)
    {
        ActiveJob active = new(id, stopping);
        if (_jobs.TryAdd(id, active))
        {
            return active;
        }

        active.Dispose();
        return null;
    }

    public void Return(ActiveJob active)
    {
        _jobs.TryRemove(active.Id, out _);
        active.Dispose();
    }

    /// <summary>Ends the work on a job; the task completes when it has ended.</summary>
    public Task StopAsync(string id)
    {
        if (Find(id) is not { } active)
        {
            return Task.CompletedTask;
        }

        try
        {
            active.Stop();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }

        return active.Done;
    }
}
