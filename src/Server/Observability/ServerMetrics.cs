using System.Diagnostics.Metrics;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hosting.Swaps;
using Sparrow.Server.Options;

namespace Sparrow.Server.Observability;

/// <summary>Every instrument of the server; the runtime has its own. Labels come from closed sets: unknown model names are <c>unknown</c> (X-2).</summary>
internal sealed class ServerMetrics
{
    public const string MeterName = "Sparrow.Server";
    private const string ModelTag = "model_name";
    private const string Unknown = "unknown";

    private static readonly string[] s_phases = ["queue", "prefill", "decode", "stream"];
    private static readonly string[] s_rejections = ["queue_full", "rate_limit_exceeded", "server_draining", "model_loading", "timeout"];

    private readonly ModelPool _pool;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _slowReaders;
    private readonly Counter<long> _ignoredParameters;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<long> _tokenUsage;
    private readonly Histogram<double> _loadSeconds;
    private readonly Histogram<double> _tokenizeSeconds;
    private readonly Histogram<double> _swapSeconds;
    private readonly Counter<long> _swaps;
    private readonly Counter<long> _evictions;

    public ServerMetrics(IMeterFactory factory, ModelPool pool, StallWatch stalls, ServerSettings settings)
    {
        _pool = pool;
        Meter meter = factory.Create(new MeterOptions(MeterName));

        _rejected = meter.CreateCounter<long>("sparrow.requests.rejected", "{request}", "Requests that were refused, by code.");
        _errors = meter.CreateCounter<long>("sparrow.request.errors", "{request}", "Requests that failed, by code and by how far they had come.");
        _disconnects = meter.CreateCounter<long>("sparrow.client.disconnects", "{request}", "Requests whose client went away, by how far they had come.");
        _slowReaders = meter.CreateCounter<long>("sparrow.slow_readers", "{request}", "Streams ended because their reader did not keep up.");
        _ignoredParameters = meter.CreateCounter<long>("sparrow.ignored_params", "{parameter}", "Members of requests that were not understood.");
        _loadSeconds = Seconds(meter, "sparrow.model.load", [.05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600], "Time to load and warm a model.");
        _swapSeconds = Seconds(meter, "sparrow.swap", [.05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600], "Time of a swap, from the call to the last old request.");
        _swaps = meter.CreateCounter<long>("sparrow.swaps", "{swap}", "Swaps that have ended, by result.");
        _evictions = meter.CreateCounter<long>("sparrow.evictions", "{revision}", "Revisions that left the memory without being told to, by reason.");
        _tokenizeSeconds = Seconds(meter, "sparrow.tokenize", Doubling(.0001, 14), "Time to turn a prompt's text into tokens.");
        _duration = Seconds(meter, "gen_ai.server.request.duration", Doubling(.01, 14), "Time of an inference request.");
        _firstToken = Seconds(
            meter,
            "gen_ai.server.time_to_first_token",
            [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10],
            "Time to the first token of successful requests.");
        _perToken = Seconds(
            meter,
            "gen_ai.server.time_per_output_token",
            [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5],
            "Time per token after the first, of successful requests.");
        _tokenUsage = meter.CreateHistogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Tokens of a request, input and output.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [.. Enumerable.Range(0, 14).Select(power => 1L << (2 * power))] });

        AddPoolGauges(meter, stalls, settings);
        StartAtZero();
    }

    /// <summary>A request was answered with an error.</summary>
    public void Failed(RequestFacts facts, ApiException failure)
    {
        string code = failure.Code ?? failure.Type;
        if (facts.Phase == "queue")
        {
            _rejected.Add(1, new(ModelTag, facts.Model ?? Unknown), new("code", code));
        }
        else
        {
            _errors.Add(1, new(ModelTag, facts.Model ?? Unknown), new("code", code), new("phase", facts.Phase));
        }
    }

    /// <summary>A request's client has gone.</summary>
    public void Disconnected(RequestFacts facts) => _disconnects.Add(1, new KeyValuePair<string, object?>("phase", facts.Phase));

    public void SlowReader() => _slowReaders.Add(1);

    public void Ignored(int count) => _ignoredParameters.Add(count);

    public void Loaded(double seconds, bool succeeded) =>
        _loadSeconds.Record(seconds, new KeyValuePair<string, object?>("result", succeeded ? "success" : "failure"));

    public void Swapped(string strategy, string result, double seconds)
    {
        _swaps.Add(1, new KeyValuePair<string, object?>("result", result));
        _swapSeconds.Record(seconds, new("strategy", strategy), new("result", result));
    }

    public void Evicted(string reason) => _evictions.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>X-4: a model's counters exist before anything has happened to it.</summary>
    public void Track(PoolEntry entry)
    {
        foreach (string code in s_rejections)
        {
            _rejected.Add(0, new(ModelTag, entry.Name), new("code", code));
        }

        foreach (string phase in s_phases)
        {
            _errors.Add(0, new(ModelTag, entry.Name), new("code", "engine_error"), new("phase", phase));
        }
    }

    /// <summary>The GenAI conventions' view of an inference request.</summary>
    public void Ended(RequestFacts facts, string operation, ApiException? failure, TimeSpan elapsed)
    {
        foreach (TimeSpan time in facts.TokenizeTimes)
        {
            _tokenizeSeconds.Record(time.TotalSeconds);
        }

        if (facts.Run is null || facts.Model is null)
        {
            return;
        }

        System.Diagnostics.TagList tags = new()
        {
            { "gen_ai.operation.name", operation },
            { "gen_ai.provider.name", "sparrow" },
            { "gen_ai.request.model", facts.Model },
            { "gen_ai.response.model", facts.Model },
        };
        if (facts.PromptTokens > 0 && failure is null)
        {
            RecordTokens(facts, tags, elapsed);
        }

        if (failure is not null)
        {
            tags.Add("error.type", failure.Code ?? failure.Type);
        }

        _duration.Record(elapsed.TotalSeconds, tags);
    }

    private void RecordTokens(RequestFacts facts, in System.Diagnostics.TagList tags, TimeSpan elapsed)
    {
        System.Diagnostics.TagList typed = tags;
        typed.Add("gen_ai.token.type", "input");
        _tokenUsage.Record(facts.PromptTokens, typed);
        typed = tags;
        typed.Add("gen_ai.token.type", "output");
        _tokenUsage.Record(facts.GeneratedTokens, typed);
        if (facts.FirstTokenMs is { } first)
        {
            _firstToken.Record(first / 1000, tags);
            if (facts.GeneratedTokens > 1)
            {
                double last = facts.TotalMs ?? elapsed.TotalMilliseconds;
                _perToken.Record((last - first) / 1000 / (facts.GeneratedTokens - 1), tags);
            }
        }
    }

    private void AddPoolGauges(Meter meter, StallWatch stalls, ServerSettings settings)
    {
        meter.CreateObservableGauge(
            "sparrow.build.info",
            () => new Measurement<int>(
                1,
                new("version", BuildFacts.Version),
                new("commit", BuildFacts.Commit),
                new("runtime", BuildFacts.Runtime),
                new("backend", _pool.Models is [var first, ..] ? first.Model.Kernels.Name : settings.Engine.Kernels),
                new("semconv", BuildFacts.SemanticConventions)),
            description: "What this build is.");
        Queues(meter, "sparrow.requests.waiting", "{request}", "Requests before the engine.", snapshot => snapshot.WaitingRequests);
        Queues(meter, "sparrow.queue.prompt_tokens", "{token}", "Prompt tokens of the requests before the engine.", snapshot => snapshot.WaitingPromptTokens);
        Queues(meter, "sparrow.queue.oldest", "s", "How long the oldest request before the engine has waited.", snapshot => snapshot.OldestWait.TotalSeconds);
        meter.CreateObservableGauge(
            "sparrow.stalled",
            () => _pool.Entries.Select(entry => Of(entry, stalls.StalledTime(entry) >= settings.Health.Stall ? 1 : 0)),
            description: "1 while the model's engine has work and does not step.");
        meter.CreateObservableGauge(
            "sparrow.model.state",
            () => _pool.Entries.SelectMany(entry => Enum.GetValues<ModelStatus>().Select(status => new Measurement<int>(
                entry.Status == status ? 1 : 0, new(ModelTag, entry.Name), new("state", status.ToString().ToLowerInvariant())))),
            description: "1 at the state a model is in.");
        Models(meter, "sparrow.kv_bytes_per_token", "By", "Bytes of cache that a token takes.", model => model.Model.KvBytesPerToken);
        Models(meter, "sparrow.kv_average_bits", null, "Mean bits of keys and values, scales included.", model => model.Model.KvProfile.EffectiveBits(model.Model.Config.HeadSize));
        Models(meter, "sparrow.model.bits_per_weight", null, "Mean bits of a weight in memory.", BitsPerWeight);
        Models(meter, "sparrow.model.sparsity_ratio", null, "Share of the weights that are zero and not stored.", model => model.Model.Sparsity);
        meter.CreateObservableGauge(
            "sparrow.kv_cache.bytes", () => _pool.Models.SelectMany(KvCacheBytes.Measure), "By", "Bytes of the cache by pair of precisions and state.");
        meter.CreateObservableGauge(
            "sparrow.model.weight_bytes",
            () => _pool.Models.SelectMany(model => model.Model.WeightFormats.Select(format =>
                new Measurement<long>(format.Value, new(ModelTag, model.Name), new("format", format.Key)))),
            "By",
            "Bytes of weights in memory, by compute layout.");
        meter.CreateObservableGauge(
            "sparrow.cache.config_info",
            () => _pool.Models.Select(model => new Measurement<int>(
                1,
                new(ModelTag, model.Name),
                new("engine", "0"),
                new("block_size", "32"),
                new("num_gpu_blocks", model.CachePlan.Blocks.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                new("cache_dtype", model.Model.KvProfile.Name),
                new("kv_mode", model.Model.KvProfile.ModeName),
                new("kv_digest", model.Model.KvProfile.Digest))),
            description: "The cache's plan.");
        meter.CreateObservableGauge(
            "sparrow.native_memory",
            () => new Measurement<long>[]
            {
                InMemory("weights", model => model.Model.WeightBytes),
                InMemory("kv", model => model.CachePlan.Bytes),
                InMemory("scratch", model => model.Model.ScratchBytes),
            },
            "By",
            "Memory outside the managed heap.");
    }

    // All revisions in memory, not only active ones.
    private Measurement<long> InMemory(string area, Func<ServedModel, long> bytes) =>
        new(_pool.Entries.Sum(entry => entry.InMemory.Sum(bytes)), new KeyValuePair<string, object?>("area", area));

    private void Queues(Meter meter, string name, string unit, string description, Func<QueueSnapshot, double> value) =>
        meter.CreateObservableGauge(name, () => _pool.Entries.Select(entry => Of(entry, value(entry.Queue.Snapshot))), unit, description);

    private void Models(Meter meter, string name, string? unit, string description, Func<ServedModel, double> value) =>
        meter.CreateObservableGauge(
            name, () => _pool.Models.Select(model => new Measurement<double>(value(model), new KeyValuePair<string, object?>(ModelTag, model.Name))), unit, description);

    private static double BitsPerWeight(ServedModel model) =>
        model.Model.ParameterCount == 0 ? 0 : 8.0 * model.Model.WeightBytes / model.Model.ParameterCount;

    private static Measurement<double> Of(PoolEntry entry, double value) => new(value, new KeyValuePair<string, object?>(ModelTag, entry.Name));

    private static Histogram<double> Seconds(Meter meter, string name, double[] bounds, string description) =>
        meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    private static double[] Doubling(double first, int count) => [.. Enumerable.Range(0, count).Select(power => first * (1 << power))];

    /// <summary>X-4: counters exist before anything has happened.</summary>
    private void StartAtZero()
    {
        foreach (string phase in s_phases)
        {
            _disconnects.Add(0, new KeyValuePair<string, object?>("phase", phase));
        }

        foreach (PoolEntry entry in _pool.Entries)
        {
            Track(entry);
        }

        foreach (string result in (string[])[SwapStatus.Succeeded, SwapStatus.Failed, SwapStatus.Cancelled])
        {
            _swaps.Add(0, new KeyValuePair<string, object?>("result", result));
        }

        foreach (string reason in (string[])["memory", "idle", "rollback"])
        {
            _evictions.Add(0, new KeyValuePair<string, object?>("reason", reason));
        }

        _rejected.Add(0, new(ModelTag, Unknown), new("code", "model_not_found"));
        _slowReaders.Add(0);
        _ignoredParameters.Add(0);
    }
}
