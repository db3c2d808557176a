using System.Buffers;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Observability;

/// <summary>C §11: the probes. They read flags and counters, take no lock and need no key (H-1).</summary>
internal static class HealthEndpoints
{
    private static readonly byte[] s_ok = "{\"status\":\"ok\"}"u8.ToArray();

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        string[] methods = ["GET", "HEAD"];
        foreach ((string path, RequestDelegate handler) in new (string, RequestDelegate)[]
        {
            ("/healthz/live", Live), ("/healthz/startup", Startup), ("/healthz/ready", Ready), ("/health", Alias), ("/ping", Alias),
        })
        {
            routes.MapMethods(path, methods, handler).WithMetadata(OpenEndpoint.Instance).ExcludeFromDescription();
        }
    }

    private static Task Live(HttpContext context) =>
        Of<StallWatch>(context).IsDead ? Unavailable(context, ["engine_stalled"]) : Ok(context);

    private static Task Startup(HttpContext context)
    {
        if (Of<ServerState>(context).IsStarted)
        {
            return Ok(context);
        }

        return Unavailable(context, [.. Of<ModelPool>(context).Entries.Where(IsAwaited).Select(Describe)]);
    }

    private static Task Ready(HttpContext context) =>
        ReasonsNotReady(context) is { Count: > 0 } reasons ? Unavailable(context, reasons) : Ok(context);

    private static Task Alias(HttpContext context)
    {
        if (ReasonsNotReady(context) is not { Count: > 0 } reasons)
        {
            return Ok(context);
        }

        ServerState state = Of<ServerState>(context);
        string code = state.IsDraining ? "server_draining" : state.IsStarted ? "engine_error" : "server_starting";

        // Tools that ask here are those of the API, so the body is the API's although the path is not.
        ArrayBufferWriter<byte> body = new();
        ApiError.Write(body, new ApiException(503, "unavailable_error", code, $"The server is not ready: {string.Join("; ", reasons)}."));
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "2";
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.WrittenCount;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body.WrittenMemory).AsTask();
    }

    private static List<string> ReasonsNotReady(HttpContext context)
    {
        List<string> reasons = [];
        ServerState state = Of<ServerState>(context);
        if (state.IsDraining)
        {
            reasons.Add("server_draining");
        }

        if (!state.IsStarted)
        {
            reasons.AddRange(Of<ModelPool>(context).Entries.Where(IsAwaited).Select(Describe));
        }
        else
        {
            // One that was unloaded comes back with the next call; one that failed does not.
            reasons.AddRange(Of<ModelPool>(context).Entries.Where(entry => entry is { IsRequired: true, Status: ModelStatus.Failed }).Select(Describe));
        }

        if (Of<StallWatch>(context).IsStalled)
        {
            reasons.Add("engine_stalled");
        }

        return reasons;
    }

    private static bool IsAwaited(PoolEntry entry) => entry.Active is null && (entry.IsRequired || entry.Record.IsLoaded);

    private static string Describe(PoolEntry entry) =>
        entry.Failure is { } failure
            ? $"model '{entry.Name}' failed: {failure.Reason}"
            : FormattableString.Invariant($"model '{entry.Name}' is loading, {entry.Progress:P0}");

    private static Task Ok(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = s_ok.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(s_ok).AsTask();
    }

    private static Task Unavailable(HttpContext context, IReadOnlyList<string> reasons)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsJsonAsync(new { status = "unavailable", reasons });
    }

    private static T Of<T>(HttpContext context)
        where T : notnull => context.RequestServices.GetRequiredService<T>();
}
