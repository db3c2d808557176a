using System.Diagnostics.Metrics;

namespace Sparrow.Runtime;

/// <summary>
/// Every instrument of the runtime. One instance serves all engines of a process; each engine records through an <see cref="EngineMetrics"/> that
/// holds its tags ready. Recording allocates nothing.
/// </summary>
public sealed class RuntimeMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Lock _lock = new();
    private EngineMetrics[] _engines = [];

    /// <param name="factory">Makes and owns the meter.</param>
    public RuntimeMetrics(IMeterFactory factory)
        : this(factory.Create(new MeterOptions(RuntimeMetricNames.Meter)), ownsMeter: false)
    {
    }

    /// <summary>With a meter of its own, for programs without a host.</summary>
    public RuntimeMetrics()
        : this(new Meter(RuntimeMetricNames.Meter), ownsMeter: true)
    {
    }

    private RuntimeMetrics(Meter meter, bool ownsMeter)
    {
        _meter = meter;
        _ownsMeter = ownsMeter;

        meter.CreateObservableGauge(
            RuntimeMetricNames.RequestsRunning,
            () => Observe(static snapshot => snapshot.RunningRequests, static (sum, _) => sum),
            "{request}",
            "Requests inside the engine.");
        meter.CreateObservableGauge(
            RuntimeMetricNames.KvCacheUsage,
            () => Observe(static snapshot => snapshot.BlocksInUse, static (sum, all) => all.BlockCount == 0 ? 0 : sum / all.BlockCount),
            "1",
            "Share of the cache's blocks that sequences hold.");
        meter.CreateObservableGauge(
            RuntimeMetricNames.KvCacheBlocks, ObserveBlocks, "{block}", "Blocks of the cache by state: held, cached, free.");
        meter.CreateObservableGauge(
            RuntimeMetricNames.LastStepAge, ObserveAges, "s", "Time since the engine's last finished step.");

        PromptTokens = Counter(RuntimeMetricNames.PromptTokens, "{token}", "Prompt tokens of requests whose prompt was computed.");
        GenerationTokens = Counter(RuntimeMetricNames.GenerationTokens, "{token}", "Generated tokens, end-of-sequence tokens included.");
        PromptTokensCached = Counter(RuntimeMetricNames.PromptTokensCached, "{token}", "Prompt tokens found in the prefix cache.");
        PromptTokensRecomputed =
            Counter(RuntimeMetricNames.PromptTokensRecomputed, "{token}", "Tokens computed again after a preemption.");
        PrefixCacheQueries = Counter(RuntimeMetricNames.PrefixCacheQueries, "{token}", "Tokens looked up in the prefix cache.");
        PrefixCacheHits = Counter(RuntimeMetricNames.PrefixCacheHits, "{token}", "Tokens found in the prefix cache.");
        Preemptions = Counter(RuntimeMetricNames.Preemptions, "{preemption}", "Sequences that lost their blocks to another.");
        RequestsFinished = Counter(RuntimeMetricNames.RequestsFinished, "{request}", "Requests that ended, by reason.");

        TimeToFirstToken =
            Seconds(RuntimeMetricNames.TimeToFirstToken, MetricBounds.FirstToken, "Time from queueing to the first token.");
        InterTokenLatency =
            Seconds(RuntimeMetricNames.InterTokenLatency, MetricBounds.BetweenTokens, "Time between two tokens of a choice.");
        TimePerOutputToken = Seconds(
            RuntimeMetricNames.TimePerOutputToken, MetricBounds.BetweenTokens, "A request's mean time between tokens.");
        EndToEndTime = Seconds(RuntimeMetricNames.EndToEndTime, MetricBounds.Phase, "Time from queueing to the end.");
        QueueTime = Seconds(RuntimeMetricNames.QueueTime, MetricBounds.Phase, "Time from queueing to the first step.");
        PrefillTime = Seconds(RuntimeMetricNames.PrefillTime, MetricBounds.Phase, "Time from the first step to the first token.");
        DecodeTime = Seconds(RuntimeMetricNames.DecodeTime, MetricBounds.Phase, "Time from the first token to the end.");
        InferenceTime = Seconds(RuntimeMetricNames.InferenceTime, MetricBounds.Phase, "Time from the first step to the end.");
        StepSeconds = Seconds(RuntimeMetricNames.StepSeconds, MetricBounds.Step, "Time of a step, by kind.");
        DisconnectToRelease = Seconds(
            RuntimeMetricNames.DisconnectToRelease, MetricBounds.Step, "Time from a cancellation until the blocks were given back.");

        RequestPromptTokens =
            Tokens(RuntimeMetricNames.RequestPromptTokens, "{token}", MetricBounds.Tokens, "Prompt tokens of a request.");
        RequestGenerationTokens = Tokens(
            RuntimeMetricNames.RequestGenerationTokens, "{token}", MetricBounds.Tokens, "Generated tokens of a request, over all choices.");
        RequestMaxTokens =
            Tokens(RuntimeMetricNames.RequestMaxTokens, "{token}", MetricBounds.Tokens, "Token limit that requests ask for.");
        RequestChoices = Tokens(RuntimeMetricNames.RequestChoices, "{choice}", MetricBounds.Choices, "Choices that requests ask for.");
        StepTokens = Tokens(RuntimeMetricNames.StepTokens, "{token}", MetricBounds.StepTokens, "Tokens that a step computes.");
        StepBatchTokens =
            Tokens(RuntimeMetricNames.StepBatchTokens, "{token}", MetricBounds.StepTokens, "Tokens that a step computes, by kind.");
    }

    internal Meter Meter => _meter;

    internal Counter<long> PromptTokens { get; }

    internal Counter<long> GenerationTokens { get; }

    internal Counter<long> PromptTokensCached { get; }

    internal Counter<long> PromptTokensRecomputed { get; }

    internal Counter<long> PrefixCacheQueries { get; }

    internal Counter<long> PrefixCacheHits { get; }

    internal Counter<long> Preemptions { get; }

    internal Counter<long> RequestsFinished { get; }

    internal Histogram<double> TimeToFirstToken { get; }

    internal Histogram<double> InterTokenLatency { get; }

    internal Histogram<double> TimePerOutputToken { get; }

    internal Histogram<double> EndToEndTime { get; }

    internal Histogram<double> QueueTime { get; }

    internal Histogram<double> PrefillTime { get; }

    internal Histogram<double> DecodeTime { get; }

    internal Histogram<double> InferenceTime { get; }

    internal Histogram<double> StepSeconds { get; }

    internal Histogram<double> DisconnectToRelease { get; }

    internal Histogram<long> RequestPromptTokens { get; }

    internal Histogram<long> RequestGenerationTokens { get; }

    internal Histogram<long> RequestMaxTokens { get; }

    internal Histogram<long> RequestChoices { get; }

    internal Histogram<long> StepTokens { get; }

    internal Histogram<long> StepBatchTokens { get; }

    public void Dispose()
    {
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }

    /// <summary>Registers an engine under its model's name: its gauges are observed until it is removed.</summary>
    internal EngineMetrics Register(string modelName, InferenceEngine engine)
    {
        EngineMetrics metrics = new(this, modelName, engine);
        lock (_lock)
        {
            _engines = [.. _engines, metrics];
        }

        metrics.StartAtZero();
        return metrics;
    }

    /// <summary>The engine is gone: its gauges go, its counters stay.</summary>
    internal void Remove(EngineMetrics metrics)
    {
        lock (_lock)
        {
            _engines = Array.FindAll(_engines, other => other != metrics);
        }
    }

    private Counter<long> Counter(string name, string unit, string description) => _meter.CreateCounter<long>(name, unit, description);

    private Histogram<double> Seconds(string name, double[] bounds, string description) =>
        _meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    private Histogram<long> Tokens(string name, string unit, long[] bounds, string description) =>
        _meter.CreateHistogram(name, unit, description, tags: null, new InstrumentAdvice<long> { HistogramBucketBoundaries = bounds });

    // During a swap two engines run under one name: their figures are added up, for a series has one value.
    private IEnumerable<Measurement<double>> Observe(
        Func<EngineSnapshot, double> value, Func<double, EngineSnapshot, double> finish)
    {
        foreach (IGrouping<string, EngineMetrics> model in Volatile.Read(ref _engines).GroupBy(engine => engine.ModelName))
        {
            EngineSnapshot all = default;
            double sum = 0;
            foreach (EngineMetrics engine in model)
            {
                EngineSnapshot snapshot = engine.Engine.Snapshot;
                all = all with { BlockCount = all.BlockCount + snapshot.BlockCount };
                sum += value(snapshot);
            }

            yield return new Measurement<double>(finish(sum, all), model.First().ModelTag);
        }
    }

    private IEnumerable<Measurement<long>> ObserveBlocks()
    {
        foreach (IGrouping<string, EngineMetrics> model in Volatile.Read(ref _engines).GroupBy(engine => engine.ModelName))
        {
            List<EngineSnapshot> snapshots = [.. model.Select(engine => engine.Engine.Snapshot)];
            KeyValuePair<string, object?> tag = model.First().ModelTag;
            yield return new Measurement<long>(snapshots.Sum(snapshot => (long)snapshot.BlocksInUse), tag, new("state", "held"));
            yield return new Measurement<long>(snapshots.Sum(snapshot => (long)snapshot.BlocksCached), tag, new("state", "cached"));
            yield return new Measurement<long>(snapshots.Sum(snapshot => (long)snapshot.BlocksFree), tag, new("state", "free"));
        }
    }

    private IEnumerable<Measurement<double>> ObserveAges() =>
        Volatile.Read(ref _engines)
            .GroupBy(engine => engine.ModelName)
            .Select(model => new Measurement<double>(
                model.Min(engine => engine.Engine.TimeSinceLastStep.TotalSeconds), model.First().ModelTag));
}
