using System.Net;
using System.Text.Json;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Observability;

public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Live_answers_as_soon_as_the_server_listens()
    {
        await using SparrowServer server = await SparrowServer.ListenAsync();
        using HttpResponseMessage response = await server.Client.GetAsync("/healthz/live", Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/startup")]
    [InlineData("/healthz/ready")]
    [InlineData("/health")]
    [InlineData("/ping")]
    public async Task Probes_of_a_ready_server_answer_ok_without_a_key(string path)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        Assert.Equal("""{"status":"ok"}""", await server.Client.GetStringAsync(path, Cancellation));
        using HttpResponseMessage head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path), Cancellation);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task Drained_by_an_operator_the_server_is_not_ready_until_it_is_taken_back()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using HttpResponseMessage began = await server.Client.PostAsync("/v1/admin/drain", null, Cancellation);
        Assert.Equal(HttpStatusCode.OK, began.StatusCode);
        using HttpResponseMessage ready = await server.Client.GetAsync("/healthz/ready", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        using HttpResponseMessage ping = await server.Client.GetAsync("/ping", Cancellation);
        using JsonDocument body = JsonDocument.Parse(await ping.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("server_draining", body.RootElement.GetProperty("error").GetProperty("code").GetString());

        HttpResponseMessage refused = await Completion.PostAsync(server, "tiny", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.True(refused.Headers.ConnectionClose);
        Assert.NotNull(refused.Headers.RetryAfter);

        using HttpResponseMessage ended = await server.Client.DeleteAsync("/v1/admin/drain", Cancellation);
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Completion.PostAsync(server, "tiny", Cancellation)).StatusCode);
    }
}
