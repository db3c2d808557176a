namespace Sparrow.Server.Jobs;

/// <summary>A job that this process works on now.</summary>
internal sealed class ActiveJob(string id, CancellationToken stopping) : IDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = id;

    /// <summary>Ends the work: a wish of a caller, or the end of the process.</summary>
    public CancellationToken Cancellation => _stop.Token;

    /// <summary>Completes when nothing of the job runs any more.</summary>
    public Task Done => _done.Task;

    /// <summary>Null while its files are validated.</summary>
    public JobProgressMeter? Meter { get; set; }

    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _done.TrySetResult();
        _stop.Dispose();
    }
}
