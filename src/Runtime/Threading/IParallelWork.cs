namespace Sparrow.Runtime.Threading;

/// <summary>A piece of work that is split over cores. Implementations are allocated once and reused.</summary>
public interface IParallelWork
{
    /// <summary>Does items <paramref name="start"/> to <paramref name="end"/>, exclusive.</summary>
    /// <param name="start">First item.</param>
    /// <param name="end">One past the last item.</param>
    /// <param name="worker">Index of the executing worker, below <see cref="WorkerPool.WorkerCount"/>: for scratch of its own.</param>
    void Execute(int start, int end, int worker);
}
