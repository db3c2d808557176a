namespace Sparrow.Server.Hosting;

/// <summary>Work that outlives the request that asked for it, and that the server waits for when it stops.</summary>
internal sealed class BackgroundTasks
{
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];

    public Task Run(Func<Task> work)
    {
        Task task = Task.Run(work);
        lock (_lock)
        {
            _running.Add(task);
        }

        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }

    /// <summary>Waits until all has ended, however.</summary>
    public async Task WaitAsync()
    {
        Task[] running;
        lock (_lock)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _running.Remove(task);
        }
    }
}
