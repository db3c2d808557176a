using System.Diagnostics.Metrics;
using Sparrow.Runtime.Tests.Simulation;
using Xunit;

namespace Sparrow.Runtime.Tests.Engine;

public sealed class RuntimeMetricsTests
{
    [Fact]
    public void Figures_of_a_load_add_up()
    {
        using RuntimeMetrics metrics = new();
        using Recorder recorder = new(metrics);
        using SteppedEngine engine = new(new InferenceOptions { MaxBatchedTokens = 64 }, blocks: 8, metrics: metrics);
        engine.Model.BeforeForward = _ => engine.Time.Advance(TimeSpan.FromMilliseconds(10));
        int[] prompt = SteppedEngine.Prompt(40);
        List<Generation> generations = [];
        for (int i = 0; i < 6; i++)
        {
            GenerationRequest request = SteppedEngine.Request(i % 2 == 0 ? prompt : SteppedEngine.Prompt(3, first: i), 50);
            generations.Add(engine.Add(request with { Choices = 1 + (i % 2) }));
        }

        engine.Engine.Step();
        generations[0].Cancel();
        engine.RunToEnd();

        Assert.Equal(generations.Sum(generation => generation.Statistics.GeneratedTokens), recorder[RuntimeMetricNames.GenerationTokens]);
        Assert.Equal(generations.Sum(generation => generation.Statistics.CachedPromptTokens), recorder[RuntimeMetricNames.PromptTokensCached]);
        Assert.Equal(generations.Sum(generation => generation.Statistics.Preemptions), recorder[RuntimeMetricNames.Preemptions]);
        Assert.Equal(1, recorder[$"{RuntimeMetricNames.RequestsFinished} abort"]);
        Assert.Equal(5, recorder[$"{RuntimeMetricNames.RequestsFinished} length"]);
        Assert.Equal(0, recorder[$"{RuntimeMetricNames.RequestsFinished} error"]);
        Assert.Equal(6, recorder.Count(RuntimeMetricNames.EndToEndTime));
        Assert.Equal(1, recorder.Count(RuntimeMetricNames.DisconnectToRelease));
        Assert.Equal(engine.Engine.Snapshot.StepCount, recorder.Count(RuntimeMetricNames.StepTokens));
        Assert.Equal(0.01 * engine.Engine.Snapshot.StepCount, recorder[RuntimeMetricNames.StepSeconds], 1e-6);
        Assert.True(recorder[RuntimeMetricNames.PrefixCacheHits] > 0);
        Assert.True(recorder.Count(RuntimeMetricNames.InterTokenLatency) > 0);
    }

    [Fact]
    public async Task Gauges_follow_the_engine_and_go_with_it()
    {
        using RuntimeMetrics metrics = new();
        using Recorder recorder = new(metrics);
        using SteppedEngine engine = new(blocks: 8, metrics: metrics);
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(70), 10));
        engine.Engine.Step();
        recorder.Observe();
        Assert.Equal(1, recorder[RuntimeMetricNames.RequestsRunning]);
        Assert.Equal(2.0 / 8, recorder[RuntimeMetricNames.KvCacheUsage]);
        Assert.Equal(2, recorder[$"{RuntimeMetricNames.KvCacheBlocks} held"]);
        Assert.Equal(6, recorder[$"{RuntimeMetricNames.KvCacheBlocks} free"]);

        engine.RunToEnd();
        recorder.Observe();
        Assert.Equal(0, recorder[RuntimeMetricNames.RequestsRunning]);
        Assert.Equal(0, recorder[RuntimeMetricNames.KvCacheUsage]);
        Assert.Equal(2, recorder[$"{RuntimeMetricNames.KvCacheBlocks} cached"]);

        await engine.Engine.DisposeAsync();
        recorder.Observe();
        Assert.Equal(0, recorder.Count(RuntimeMetricNames.RequestsRunning));
    }

    /// <summary>Sums of counters and histograms, last round's sums of gauges, by name and the second tag's value.</summary>
    private sealed class Recorder : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, (double Sum, int Count)> _values = [];

        // A listener hears every meter of the process, those of tests beside this one too.
        public Recorder(RuntimeMetrics metrics)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == metrics.Meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.Start();
        }

        public double this[string name] => _values.GetValueOrDefault(name).Sum;

        public int Count(string name) => _values.GetValueOrDefault(name).Count;

        public void Observe()
        {
            _values.Clear();
            _listener.RecordObservableInstruments();
        }

        public void Dispose() => _listener.Dispose();

        private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Assert.Equal(RuntimeMetricNames.ModelNameTag, tags[0].Key);
            Add(instrument.Name, value);
            if (tags.Length > 1)
            {
                Add($"{instrument.Name} {tags[1].Value}", value);
            }
        }

        private void Add(string name, double value)
        {
            (double sum, int count) = _values.GetValueOrDefault(name);
            _values[name] = (sum + value, count + 1);
        }
    }
}
