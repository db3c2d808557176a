using System.Net;
using System.Net.Http.Json;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

public sealed class TelemetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task O1_O2_O3_A_collector_gets_the_span_of_an_inference_and_the_instruments()
    {
        using OtlpCollector collector = new();
        await using ServerProcess server = ServerProcess.Start(
            [], ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };
        using HttpResponseMessage response =
            await client.PostAsJsonAsync("/v1/completions", new { prompt = "Hello", max_tokens = 4 }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        // What was measured last is sent before the process ends.
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        Assert.True(collector.Has("/v1/traces", "text_completion sparrow-sample"), Paths(collector));
        Assert.True(collector.Has("/v1/traces", "gen_ai.usage.output_tokens"), Paths(collector));
        Assert.True(collector.Has("/v1/traces", "gen_ai.request.id"), Paths(collector));
        Assert.True(collector.Has("/v1/traces", "gen_ai.latency.time_to_first_token"), Paths(collector));
        Assert.True(collector.Has("/v1/metrics", "gen_ai.server.request.duration"), Paths(collector));
        Assert.True(collector.Has("/v1/metrics", "sparrow.step.duration"), Paths(collector));
        Assert.True(collector.Has("/v1/metrics", "http.server.request.duration"), Paths(collector));
    }

    private static string Paths(OtlpCollector collector) =>
        "Received: " + string.Join(", ", collector.Received.Select(pair => $"{pair.Key} × {pair.Value.Count}"));
}
