using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.LinearAlgebra;

/// <summary>Splits items over the process' compute threads, behind requests that are being served.</summary>
internal static class ParallelRows
{
    // Of the compression that this thread runs: methods call this from deep inside, and some work for minutes on one matrix.
    [ThreadStatic]
    private static CancellationToken s_cancellation;

    /// <summary>Lets a token end the work that this thread hands out from now on, between two calls.</summary>
    /// <returns>The token that was obeyed before.</returns>
    public static CancellationToken Obey(CancellationToken cancellation)
    {
        CancellationToken before = s_cancellation;
        s_cancellation = cancellation;
        return before;
    }

    /// <summary>Runs <paramref name="body"/> over ranges [start, end) that make up all items. Bodies must not call this again.</summary>
    /// <exception cref="OperationCanceledException">The token that this thread obeys was cancelled.</exception>
    public static void Run(WorkerPool? pool, int count, int grain, Action<int, int> body)
    {
        s_cancellation.ThrowIfCancellationRequested();
        (pool ?? WorkerPool.Shared).Run(new Work(body), count, grain, WorkerLane.Compression);
    }

    private sealed class Work(Action<int, int> body) : IParallelWork
    {
        public void Execute(int start, int end, int worker) => body(start, end);
    }
}
