using System.Text;
using Sparrow.Server.Admission;
using Sparrow.Server.Observability.Exposition;

namespace Sparrow.Server.Observability;

/// <summary><c>GET /metrics</c>.</summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/metrics", ["GET", "HEAD"], (RequestDelegate)WriteAsync)
            .WithMetadata(new ScopeRequirement(Scopes.Management))
            .ExcludeFromDescription();

    private static Task WriteAsync(HttpContext context)
    {
        bool isOpenMetrics = context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase);
        StringBuilder text = new();
        MetricCollector collector = context.RequestServices.GetRequiredService<MetricCollector>();
        collector.Collect(new PrometheusText(text, isOpenMetrics).Write);
        context.Response.ContentType = isOpenMetrics ? PrometheusText.OpenMetricsContentType : PrometheusText.ContentType;
        byte[] body = Encoding.UTF8.GetBytes(text.ToString());
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
