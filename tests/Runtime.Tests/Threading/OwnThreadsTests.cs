using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Threading;

public sealed class OwnThreadsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void Each_index_runs_once(int count)
    {
        int[] runs = new int[count];

        OwnThreads.For(count, i => Interlocked.Increment(ref runs[i]));

        Assert.All(runs, times => Assert.Equal(1, times));
    }

    [Fact]
    public void No_thread_of_the_pool_is_taken()
    {
        int taken = 0;
        Thread caller = new(() => OwnThreads.For(64, _ =>
        {
            Thread.Sleep(1);
            Interlocked.Add(ref taken, Thread.CurrentThread.IsThreadPoolThread ? 1 : 0);
        }));
        caller.Start();
        caller.Join();

        Assert.Equal(0, taken);
    }

    [Fact]
    public void What_a_body_throws_comes_out_as_it_is_and_ends_the_loop()
    {
        int runs = 0;

        InvalidDataException thrown = Assert.Throws<InvalidDataException>(() => OwnThreads.For(10_000, i =>
        {
            Interlocked.Increment(ref runs);
            throw new InvalidDataException($"body {i}");
        }));

        Assert.StartsWith("body ", thrown.Message, StringComparison.Ordinal);
        Assert.InRange(runs, 1, Environment.ProcessorCount);
    }
}
