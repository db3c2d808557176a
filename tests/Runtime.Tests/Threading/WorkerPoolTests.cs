using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Threading;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_item_is_done_exactly_once(int workers)
    {
        using WorkerPool pool = new(workers);
        CountingWork work = new(1000);
        Random random = new(workers);
        for (int round = 0; round < 300; round++)
        {
            work.Clear();
            int count = random.Next(1001);
            WorkerLane lane = (WorkerLane)random.Next(3);
            pool.Run(work, count, random.Next(1, 20), lane);
            Assert.All(work.Counts[..count], times => Assert.Equal(1, times));
            Assert.All(work.Counts[count..], times => Assert.Equal(0, times));
            Assert.InRange(work.LargestWorker, 0, workers - 1);
        }
    }

    [Fact]
    public void The_lane_of_compression_keeps_to_its_threads_and_the_others_do_not()
    {
        using WorkerPool pool = new(4) { CompressionThreads = 2 };
        CountingWork work = new(5000);
        for (int round = 0; round < 200; round++)
        {
            work.Clear();
            pool.Run(work, 5000, 1, WorkerLane.Compression);
            Assert.All(work.Counts, times => Assert.Equal(1, times));
        }

        Assert.InRange(work.LargestWorker, 0, 1);
        Assert.Equal(TimeSpan.Zero, pool.WaitedBy(WorkerLane.Background));
    }

    [Fact]
    public async Task Callers_of_all_lanes_at_once_get_their_work_done_one_piece_at_a_time()
    {
        using WorkerPool pool = new(2);
        using Barrier start = new(4);
        int running = 0;
        Task[] callers = [.. Enumerable.Range(0, 4).Select(caller => Task.Factory.StartNew(
            () =>
            {
                CountingWork work = new(64);
                start.SignalAndWait(TestContext.Current.CancellationToken);
                for (int round = 0; round < 200; round++)
                {
                    work.Clear();
                    pool.Enter((WorkerLane)Math.Min(caller, 2));
                    Assert.Equal(1, Interlocked.Increment(ref running));
                    pool.Run(work, 64);
                    pool.Run(work, 64);
                    Interlocked.Decrement(ref running);
                    pool.Exit();
                    Assert.All(work.Counts, times => Assert.Equal(2, times));
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        await Task.WhenAll(callers);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_exception_reaches_the_caller_and_the_pool_goes_on(int workers)
    {
        using WorkerPool pool = new(workers);
        FailingWork failing = new();
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal("item 37", Assert.Throws<InvalidOperationException>(() => pool.Run(failing, 100)).Message);
            CountingWork work = new(100);
            pool.Run(work, 100);
            Assert.All(work.Counts, times => Assert.Equal(1, times));
        }
    }

    [Fact]
    public void Run_allocates_nothing()
    {
        using WorkerPool pool = new(2);
        CountingWork work = new(64);
        pool.Run(work, 64);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
        {
            pool.Run(work, 64);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private sealed class CountingWork(int items) : IParallelWork
    {
        private int _largestWorker;

        public int[] Counts { get; } = new int[items];

        public int LargestWorker => _largestWorker;

        public void Clear() => Array.Clear(Counts);

        public void Execute(int start, int end, int worker)
        {
            for (int item = start; item < end; item++)
            {
                Interlocked.Increment(ref Counts[item]);
            }

            if (worker > _largestWorker)
            {
                Interlocked.Exchange(ref _largestWorker, worker);
            }
        }
    }

    private sealed class FailingWork : IParallelWork
    {
        public void Execute(int start, int end, int worker)
        {
            if (start <= 37 && 37 < end)
            {
                throw new InvalidOperationException("item 37");
            }
        }
    }
}
