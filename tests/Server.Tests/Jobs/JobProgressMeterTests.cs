using Sparrow.Compression.Pipeline;
using Sparrow.Server.Jobs;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Jobs;

public sealed class JobProgressMeterTests
{
    private static readonly IReadOnlyList<string> s_steps = JobProgressMeter.StepsOf(["prune", "quantize"], isEvaluated: true);

    [Fact]
    public void J_4_progress_moves_every_5_seconds_though_a_mark_takes_an_hour()
    {
        ManualTimeProvider time = new();
        JobProgressMeter meter = new(s_steps, time);
        meter.Take(Mark("calibrate", 0, 0.05));
        double last = 0;
        for (int i = 0; i < 720; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            double fraction = meter.Now.Fraction;
            Assert.True(Math.Round(fraction, 12) > Math.Round(last, 12), $"After {5 * i} s it stands at {fraction}.");
            last = fraction;
        }

        // It never claims what only the next mark can bring: a layer of 32 is a thirty-second part.
        Assert.InRange(last, 0.05, 0.05 + (0.12 / 32) + 1e-9);
    }

    [Fact]
    public void J_4_progress_never_goes_back_and_the_end_is_estimated_after_a_layer()
    {
        ManualTimeProvider time = new();
        JobProgressMeter meter = new(s_steps, time);
        double last = 0;
        for (int layer = 0; layer < 32; layer++)
        {
            foreach ((string step, double share) in new[] { ("calibrate", 0.0), ("prune wanda", 0.3), ("quantize rtn", 0.55), ("store", 0.8), ("store", 1.0) })
            {
                meter.Take(Mark(step, layer, 0.05 + (0.85 * (layer + share) / 32), layer == 0 && share < 0.5 ? null : TimeSpan.FromSeconds(40 * (32 - layer - share))));
                for (int i = 0; i < 4; i++)
                {
                    time.Advance(TimeSpan.FromSeconds(2));
                    double fraction = meter.Now.Fraction;
                    Assert.True(fraction >= last, $"{fraction} after {last}");
                    last = fraction;
                }
            }

            Assert.NotNull(meter.EstimatedFinish);
        }

        meter.Enter(JobProgressMeter.Report);
        Assert.Equal((JobProgressMeter.Report, 5, 6), (meter.Now.Step, meter.Now.StepIndex, meter.Now.StepCount));
        Assert.InRange(meter.Now.Fraction, last, 1);
    }

    [Fact]
    public void Storing_a_layer_belongs_to_the_step_before_it()
    {
        JobProgressMeter meter = new(s_steps, new ManualTimeProvider());
        meter.Take(Mark("quantize rtn", 3, 0.1));
        meter.Take(Mark("store", 3, 0.11));
        Assert.Equal(("quantize", 3, 4, 32), (meter.Now.Step, meter.Now.StepIndex, meter.Now.Layer, meter.Now.LayerCount));
    }

    private static CompressionProgress Mark(string step, int block, double fraction, TimeSpan? remaining = null) => new("blocks", step, block, 32, fraction, remaining);
}
