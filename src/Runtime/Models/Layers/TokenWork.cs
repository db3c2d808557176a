using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>Work that treats each token of a step by itself: done at once for a few tokens, shared out for many.</summary>
internal abstract class TokenWork : IParallelWork
{
    // Waking another core costs microseconds, about what a norm of eight tokens takes.
    private const int Grain = 8;

    void IParallelWork.Execute(int start, int end, int worker) => Execute(start, end);

    /// <summary>Does tokens <paramref name="start"/> to <paramref name="end"/>, exclusive.</summary>
    protected abstract void Execute(int start, int end);

    protected void Run(int tokenCount, WorkerPool pool, WorkerLane lane)
    {
        if (tokenCount <= Grain)
        {
            Execute(0, tokenCount);
        }
        else
        {
            pool.Run(this, tokenCount, Grain, lane);
        }
    }
}
