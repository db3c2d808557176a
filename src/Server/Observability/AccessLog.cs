using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;

namespace Sparrow.Server.Observability;

/// <summary>O-4: one line for each request, at its end. Probes and scrapes are not logged. Counts what was refused and who has gone.</summary>
internal sealed partial class AccessLog(RequestDelegate next, TimeProvider time, ServerMetrics metrics, ILogger<AccessLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        long start = time.GetTimestamp();
        RequestFacts facts = new();
        context.Features.Set(facts);
        try
        {
            await next(context);
        }
        finally
        {
            Finish(context, facts, time.GetElapsedTime(start));
        }
    }

    private void Finish(HttpContext context, RequestFacts facts, TimeSpan elapsed)
    {
        EndpointMetadataCollection? metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<OpenEndpoint>() is not null || metadata?.GetMetadata<ScopeRequirement>()?.Scope == Scopes.Management)
        {
            return;
        }

        ApiException? failure = context.Features.Get<ApiException>();
        bool hasGone = context.RequestAborted.IsCancellationRequested && failure is null;
        int status = hasGone ? StatusCodes.Status499ClientClosedRequest : failure?.Status ?? context.Response.StatusCode;
        Count(context, facts, failure, hasGone);
        metrics.Ended(facts, OperationOf(context), failure, elapsed);
        facts.RequestId = context.TraceIdentifier;
        Tracing.Record(facts, OperationOf(context), context.Features.Get<Caller>(), failure, time);
        if (logger.IsEnabled(LogLevel.Information))
        {
            string key = context.Features.Get<Caller>()?.KeyName ?? "none";
            Log.Ended(
                logger,
                context.Request.Method,
                context.Request.Path.Value ?? "",
                status,
                failure?.Code,
                elapsed.TotalMilliseconds,
                context.TraceIdentifier,
                key,
                facts.FullName,
                facts.Revision,
                facts.PromptTokens,
                facts.CachedTokens,
                facts.GeneratedTokens,
                facts.FinishReason,
                facts.QueueMs,
                facts.FirstTokenMs);
        }
    }

    private void Count(HttpContext context, RequestFacts facts, ApiException? failure, bool hasGone)
    {
        if (facts.HasSlowReader)
        {
            metrics.SlowReader();
        }
        else if (failure is not null)
        {
            metrics.Failed(facts, failure);
        }
        else if (hasGone)
        {
            metrics.Disconnected(facts);
        }

        if (context.Response.Headers[IgnoredParameters.Header].ToString() is { Length: > 0 } ignored)
        {
            metrics.Ignored(1 + ignored.AsSpan().Count(','));
        }
    }

    /// <summary>The operation's name in the GenAI conventions.</summary>
    private static string OperationOf(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/v1/chat", StringComparison.OrdinalIgnoreCase) ? "chat" : "text_completion";

#pragma warning disable SYSLIB1015 // The sentence stays short for people; the rest are members of the JSON line.
    private static partial class Log
    {
        [LoggerMessage(
            EventIds.RequestEnded,
            LogLevel.Information,
            "{Method} {Path} {Status} in {ElapsedMs:0.0} ms")]
        public static partial void Ended(
            ILogger logger,
            string method,
            string path,
            int status,
            string? code,
            double elapsedMs,
            string requestId,
            string keyName,
            string? model,
            string? revision,
            int promptTokens,
            int cachedTokens,
            int generatedTokens,
            string? finishReason,
            double? queueMs,
            double? firstTokenMs);
    }
#pragma warning restore SYSLIB1015
}
