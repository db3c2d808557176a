using Sparrow.Compression.Pipeline;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

public sealed class ProgressMeterTests
{
    private const int BlockCount = 10;

    private readonly ManualTimeProvider _time = new();
    private readonly List<CompressionProgress> _marks = [];

    [Theory]
    [InlineData(true, true, 18, 8)]
    [InlineData(true, false, 18, 1)]
    [InlineData(false, true, 0.06, 8)]
    [InlineData(false, false, 0.06, 0.12)]
    public void Work_that_takes_as_long_as_foretold_ends_when_it_is_foretold_to(bool trains, bool searches, double prepare, double after)
    {
        ProgressMeter meter = new(_marks.Add, _time, BlockCount, trains, searches);
        TimeSpan unit = TimeSpan.FromSeconds(100);
        Go(prepare, share => meter.Prepare("first", share));
        Go(1, share =>
        {
            int block = Math.Min((int)(share * BlockCount), BlockCount - 1);
            meter.Block(block, "second", (share * BlockCount) - block);
        });
        Go(after, share => meter.After("finish", "third", share));

        Assert.Equal(1, _marks[^1].Fraction, 1e-9);
        Assert.Equal(_marks.Select(mark => mark.Fraction).Order(), _marks.Select(mark => mark.Fraction));
        Assert.Contains(_marks, mark => mark.Stage == "blocks" && mark.Remaining is not null);
        Assert.Equal(trains, _marks.Any(mark => mark.Stage == "prepare" && mark.Remaining is not null));
        Assert.Equal(searches, _marks.Any(mark => mark.Stage == "finish" && mark.Remaining is not null));

        // While blocks are done, what comes after them is foretold only where a search does: else it is at most as long as they are.
        double all = (prepare + 1 + after) * unit.TotalSeconds;
        foreach (CompressionProgress mark in _marks.Where(mark => mark.Remaining is not null))
        {
            double wanted = all * (1 - mark.Fraction);
            double untold = mark.Stage == "blocks" && !searches ? after * unit.TotalSeconds : 0;
            Assert.InRange(mark.Remaining!.Value.TotalSeconds, (0.99 * wanted) - untold - 1, (1.01 * wanted) + 1);
        }

        void Go(double work, Action<double> mark)
        {
            for (int i = 0; i <= 100; i++)
            {
                mark(i / 100.0);
                _time.Advance(i < 100 ? unit * (work / 100) : TimeSpan.Zero);
            }
        }
    }
}
