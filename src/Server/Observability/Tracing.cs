using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Observability;

/// <summary>
/// O-1, O-3: the framework's HTTP span with the inference's span below it, and all instruments, exported by OTLP where the standard
/// <c>OTEL_*</c> variables name a collector. Without them nothing is built and nothing is recorded.
/// </summary>
internal sealed class Tracing : IHostedService, IDisposable
{
    public const string SourceName = "Sparrow.Server";

    private static readonly ActivitySource s_source = new(SourceName);

    private TracerProvider? _tracer;
    private MeterProvider? _meter;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        bool isWanted = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Any(name => name.StartsWith("OTEL_EXPORTER_OTLP", StringComparison.Ordinal) && name.EndsWith("ENDPOINT", StringComparison.Ordinal));
        if (!isWanted)
        {
            return Task.CompletedTask;
        }

        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over this name.
        ResourceBuilder resource = ResourceBuilder.CreateEmpty().AddService("sparrow", serviceVersion: BuildFacts.Version)
            .AddTelemetrySdk().AddEnvironmentVariableDetector();
        _tracer = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource("Microsoft.AspNetCore", SourceName).AddOtlpExporter().Build();
        _meter = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter(ServerMetrics.MeterName, RuntimeMetricNames.Meter, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        // Step 7 of a stop (H-4): what was measured last is sent before the process ends.
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _tracer?.Dispose();
        _meter?.Dispose();
        _tracer = null;
        _meter = null;
    }

    /// <summary>Makes the span of an inference when it has ended, from its times: one span a request, never one a token.</summary>
    public static void Record(RequestFacts facts, string operation, Caller? caller, ApiException? failure, TimeProvider time)
    {
        if (!s_source.HasListeners() || facts.Run is not { Prompts: [var prompt, ..] } run)
        {
            return;
        }

        GenerationSpan span = new(prompt.Generation.Statistics, time);
        using Activity? activity = s_source.StartActivity(
            $"{operation} {facts.FullName}", ActivityKind.Internal, Activity.Current?.Context ?? default, startTime: span.Start);
        if (activity is null)
        {
            return;
        }

        activity.SetTag("gen_ai.operation.name", operation);
        activity.SetTag("gen_ai.provider.name", "sparrow");
        activity.SetTag("gen_ai.request.model", run.Parameters.Model ?? facts.FullName);
        activity.SetTag("gen_ai.response.model", facts.FullName);
        activity.SetTag("gen_ai.request.choice.count", run.Parameters.Choices);
        activity.SetTag("gen_ai.usage.input_tokens", facts.PromptTokens);
        activity.SetTag("gen_ai.usage.output_tokens", facts.GeneratedTokens);
        activity.SetTag("gen_ai.response.finish_reasons", run.Choices.Select(choice => choice.FinishReason ?? "error").ToArray());
        activity.SetTag("sparrow.usage.cached_tokens", facts.CachedTokens);
        activity.SetTag("sparrow.preemptions", prompt.Generation.Statistics.Preemptions);
        activity.SetTag("sparrow.key", caller?.KeyName);
        AddAliases(activity, facts);
        span.AddEvents(activity);
        if (failure is not null)
        {
            activity.SetTag("error.type", failure.Code ?? failure.Type);
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>O-2: the names that dashboards made for vLLM look for.</summary>
    private static void AddAliases(Activity activity, RequestFacts facts)
    {
        activity.SetTag("gen_ai.request.id", facts.RequestId);
        activity.SetTag("gen_ai.latency.time_in_queue", facts.QueueMs / 1000);
        activity.SetTag("gen_ai.latency.time_to_first_token", facts.FirstTokenMs / 1000);
        activity.SetTag("gen_ai.latency.e2e", facts.TotalMs / 1000);
    }

    /// <summary>Moments of a generation, from the clock's timestamps to points in time.</summary>
    private readonly struct GenerationSpan(GenerationStatistics statistics, TimeProvider time)
    {
        private readonly DateTimeOffset _now = time.GetUtcNow();
        private readonly long _nowTimestamp = time.GetTimestamp();

        public DateTimeOffset Start => At(statistics.QueuedTimestamp);

        public void AddEvents(Activity activity)
        {
            Add(activity, "admitted", statistics.StartedTimestamp);
            Add(activity, "first_token", statistics.FirstTokenTimestamp);
            Add(activity, "finished", statistics.FinishedTimestamp);
        }

        private void Add(Activity activity, string name, long timestamp)
        {
            if (timestamp != 0)
            {
                activity.AddEvent(new ActivityEvent(name, At(timestamp)));
            }
        }

        private DateTimeOffset At(long timestamp) => timestamp == 0 ? _now : _now - time.GetElapsedTime(timestamp, _nowTimestamp);
    }
}
