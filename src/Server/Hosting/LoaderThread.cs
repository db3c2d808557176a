using Sparrow.Runtime.Threading;

namespace Sparrow.Server.Hosting;

/// <summary>
/// Work that computes and waits for disks for seconds while others are answered: on a thread of its own, which threads of the web server go before and
/// which gets no more of the cores than an engine.
/// </summary>
internal static class LoaderThread
{
    /// <summary>Runs the work; the task has its result or its exception.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            ComputePriority.LowerCurrentThread();
            try
            {
                done.SetResult(work());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        })
        {
            IsBackground = true,
            Name = "model loader",
        };
        thread.Start();
        return done.Task;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public static Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });
}
