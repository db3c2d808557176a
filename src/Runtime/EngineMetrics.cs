using Sparrow.Runtime.Scheduling;

namespace Sparrow.Runtime;

/// <summary>One engine's way to the instruments: the model's tag, made once. Called on the engine's thread.</summary>
internal sealed class EngineMetrics
{
    private readonly RuntimeMetrics _metrics;
    private long _preemptions;
    private long _recomputedTokens;
    private long _prefixQueries;
    private long _prefixHits;

    public EngineMetrics(RuntimeMetrics metrics, string modelName, InferenceEngine engine)
    {
        _metrics = metrics;
        ModelName = modelName;
        Engine = engine;
        ModelTag = new KeyValuePair<string, object?>(RuntimeMetricNames.ModelNameTag, modelName);
    }

    public string ModelName { get; }

    public InferenceEngine Engine { get; }

    public KeyValuePair<string, object?> ModelTag { get; }

    /// <summary>Makes the counters' series exist before anything has happened.</summary>
    public void StartAtZero()
    {
        _metrics.PromptTokens.Add(0, ModelTag);
        _metrics.GenerationTokens.Add(0, ModelTag);
        _metrics.PromptTokensCached.Add(0, ModelTag);
        _metrics.PromptTokensRecomputed.Add(0, ModelTag);
        _metrics.PrefixCacheQueries.Add(0, ModelTag);
        _metrics.PrefixCacheHits.Add(0, ModelTag);
        _metrics.Preemptions.Add(0, ModelTag);
        foreach (FinishReason reason in (ReadOnlySpan<FinishReason>)
            [FinishReason.Stop, FinishReason.Length, FinishReason.Abort, FinishReason.Error])
        {
            _metrics.RequestsFinished.Add(0, ModelTag, ReasonTag(reason));
        }
    }

    public void Step(double seconds, int tokens, int decodeTokens, SchedulerCounts counts)
    {
        string kind = decodeTokens == 0 ? "prefill" : decodeTokens == tokens ? "decode" : "mixed";
        KeyValuePair<string, object?> kindTag = new(RuntimeMetricNames.KindTag, kind);
        _metrics.StepSeconds.Record(seconds, ModelTag, kindTag);
        _metrics.StepTokens.Record(tokens, ModelTag);
        _metrics.StepBatchTokens.Record(tokens, ModelTag, kindTag);
        _metrics.Preemptions.Add(counts.Preemptions - _preemptions, ModelTag);
        _metrics.PromptTokensRecomputed.Add(counts.RecomputedTokens - _recomputedTokens, ModelTag);
        _metrics.PrefixCacheQueries.Add(counts.PrefixQueries - _prefixQueries, ModelTag);
        _metrics.PrefixCacheHits.Add(counts.PrefixHits - _prefixHits, ModelTag);
        _preemptions = counts.Preemptions;
        _recomputedTokens = counts.RecomputedTokens;
        _prefixQueries = counts.PrefixQueries;
        _prefixHits = counts.PrefixHits;
    }

    public void PromptComputed(int promptTokens, int cachedTokens)
    {
        _metrics.PromptTokens.Add(promptTokens, ModelTag);
        _metrics.PromptTokensCached.Add(cachedTokens, ModelTag);
    }

    public void FirstToken(TimeSpan sinceQueued) => _metrics.TimeToFirstToken.Record(sinceQueued.TotalSeconds, ModelTag);

    public void TokenGenerated() => _metrics.GenerationTokens.Add(1, ModelTag);

    public void NextToken(TimeSpan sinceLast) => _metrics.InterTokenLatency.Record(sinceLast.TotalSeconds, ModelTag);

    /// <summary>A request that was never begun.</summary>
    public void Refused() => _metrics.RequestsFinished.Add(1, ModelTag, ReasonTag(FinishReason.Error));

    public void Finished(RequestState request, TimeProvider time)
    {
        GenerationRequest asked = request.Generation.Request;
        GenerationStatistics statistics = request.Generation.Statistics;
        long end = statistics.FinishedTimestamp;
        _metrics.RequestsFinished.Add(1, ModelTag, ReasonTag(request.Outcome));
        _metrics.EndToEndTime.Record(time.GetElapsedTime(statistics.QueuedTimestamp, end).TotalSeconds, ModelTag);
        _metrics.RequestPromptTokens.Record(asked.PromptTokens.Length, ModelTag);
        _metrics.RequestGenerationTokens.Record(statistics.GeneratedTokens, ModelTag);
        _metrics.RequestMaxTokens.Record(asked.MaxTokens, ModelTag);
        _metrics.RequestChoices.Record(asked.Choices, ModelTag);
        if (statistics.StartedTimestamp != 0)
        {
            _metrics.QueueTime.Record(
                time.GetElapsedTime(statistics.QueuedTimestamp, statistics.StartedTimestamp).TotalSeconds, ModelTag);
            _metrics.InferenceTime.Record(time.GetElapsedTime(statistics.StartedTimestamp, end).TotalSeconds, ModelTag);
        }

        if (statistics.FirstTokenTimestamp != 0)
        {
            double decode = time.GetElapsedTime(statistics.FirstTokenTimestamp, end).TotalSeconds;
            _metrics.PrefillTime.Record(
                time.GetElapsedTime(statistics.StartedTimestamp, statistics.FirstTokenTimestamp).TotalSeconds, ModelTag);
            _metrics.DecodeTime.Record(decode, ModelTag);

            // Over all choices, since they decode side by side.
            int later = (statistics.GeneratedTokens / asked.Choices) - 1;
            if (later > 0)
            {
                _metrics.TimePerOutputToken.Record(decode / later, ModelTag);
            }
        }

        if (request.Outcome == FinishReason.Abort && request.Generation.CancelledTimestamp is not 0 and long cancelled)
        {
            _metrics.DisconnectToRelease.Record(time.GetElapsedTime(cancelled, end).TotalSeconds, ModelTag);
        }
    }

    public void Remove() => _metrics.Remove(this);

    private static KeyValuePair<string, object?> ReasonTag(FinishReason reason) => new(
        RuntimeMetricNames.FinishedReasonTag,
        reason switch
        {
            FinishReason.Stop => "stop",
            FinishReason.Length => "length",
            FinishReason.Abort => "abort",
            _ => "error",
        });
}
