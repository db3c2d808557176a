using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.LinearAlgebra;

/// <summary>Splits items over the process' compute threads, behind requests that are being served.</summary>
internal static class ParallelRows
{
    /// <summary>Runs <paramref name="body"/> over ranges [start, end) that make up all items. Bodies must not call this again.</summary>
    public static void Run(WorkerPool? pool, int count, int grain, Action<int, int> body) =>
        (pool ?? WorkerPool.Shared).Run(new Work(body), count, grain, WorkerLane.Compression);

    private sealed class Work(Action<int, int> body) : IParallelWork
    {
        public void Execute(int start, int end, int worker) => body(start, end);
    }
}
