using System.Net;
using System.Text.Json;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Hosting;

public sealed class OpenApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_description_names_the_endpoints_and_the_page_shows_it()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using JsonDocument document = JsonDocument.Parse(await server.Client.GetStringAsync("/openapi/v1.json", Cancellation));
        JsonElement paths = document.RootElement.GetProperty("paths");
        foreach (string path in new[] { "/v1/completions", "/v1/chat/completions", "/v1/models", "/v1/pool", "/version" })
        {
            Assert.True(paths.TryGetProperty(path, out _), path);
        }

        Assert.Contains("swagger-ui", await server.Client.GetStringAsync("/swagger/index.html", Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/embeddings")]
    [InlineData("/v1/aliases/chat")]
    public async Task Paths_of_later_releases_are_501(string path)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using HttpResponseMessage response = await server.Client.PostAsync(path, null, Cancellation);
        Assert.Equal(HttpStatusCode.NotImplemented, response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }
}
