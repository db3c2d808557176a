using System.Runtime.ExceptionServices;

namespace Sparrow.Runtime.Threading;

/// <summary>
/// A parallel loop on threads of its own. <see cref="Parallel"/> would take the thread pool's, which are as many as cores: a web server has none left
/// to write with until the loop has ended or the pool has noticed, half a second later. On Linux threads inherit the caller's priority.
/// </summary>
internal static class OwnThreads
{
    /// <summary>Runs <paramref name="body"/> for 0 to <paramref name="count"/> − 1 on as many threads as there are cores, the caller's among them.</summary>
    /// <exception cref="Exception">What a body threw first; no further one is begun then.</exception>
    public static void For(int count, Action<int> body)
    {
        int next = -1;
        ExceptionDispatchInfo? failure = null;
        Thread[] threads = new Thread[Math.Max(0, Math.Min(count, Environment.ProcessorCount) - 1)];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = "Sparrow loop" };
            threads[i].Start();
        }

        Work();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        failure?.Throw();

        void Work()
        {
            for (int i = Interlocked.Increment(ref next); i < count && Volatile.Read(ref failure) is null; i = Interlocked.Increment(ref next))
            {
                try
                {
                    body(i);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                }
            }
        }
    }
}
