using System.Net;
using System.Text.Json;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Admission;

public sealed class AuthenticationTests : IDisposable
{
    private const string Keys = """
        {"keys":[{"name":"caller","key":"sk-caller"},{"name":"ops","key":"sk-ops","scopes":["admin","inference"]},
        {"name":"scraper","key":"sk-scraper","scopes":["management"]}]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-auth-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task S_2_everything_but_probes_needs_a_key()
    {
        await using SparrowServer server = await StartAsync();
        foreach (string path in new[]
        {
            "/v1/models", "/v1/pool", "/metrics", "/version", "/openapi/v1.json", "/swagger/index.html", "/tokenizer_info", "/v1/nothing", "/nothing",
        })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path, Cancellation);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{path}: {response.StatusCode}");
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }

        using HttpResponseMessage probe = await server.Client.GetAsync("/healthz/ready", Cancellation);
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
    }

    [Fact]
    public async Task S_4_a_wrong_key_is_401_in_the_error_shape()
    {
        await using SparrowServer server = await StartAsync();
        using HttpResponseMessage response = await Completion.PostAsync(server, "tiny", Cancellation, key: "sk-wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        using JsonDocument body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        JsonElement error = body.RootElement.GetProperty("error");
        Assert.Equal("authentication_error", error.GetProperty("type").GetString());
        Assert.Equal("invalid_api_key", error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("sk-caller", "/v1/models", 200)]
    [InlineData("sk-caller", "/v1/pool", 403)]
    [InlineData("sk-caller", "/metrics", 403)]
    [InlineData("sk-ops", "/v1/pool", 200)]
    [InlineData("sk-ops", "/metrics", 200)]
    [InlineData("sk-scraper", "/metrics", 200)]
    [InlineData("sk-scraper", "/v1/models", 403)]
    public async Task S_4_scopes_decide_what_a_key_may_do(string key, string path, int status)
    {
        await using SparrowServer server = await StartAsync();
        foreach ((string header, string value) in new[] { ("Authorization", "Bearer " + key), ("X-Api-Key", key) })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, path);
            request.Headers.Add(header, value);
            using HttpResponseMessage response = await server.Client.SendAsync(request, Cancellation);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task A_6_keys_do_not_share_cached_prompts()
    {
        await using SparrowServer server = await StartAsync();
        string prompt = new('x', 200);
        Assert.Equal(0, await CachedTokensAsync("sk-caller"));
        Assert.Equal(0, await CachedTokensAsync("sk-ops"));
        Assert.NotEqual(0, await CachedTokensAsync("sk-caller"));

        async Task<int> CachedTokensAsync(string key)
        {
            using HttpResponseMessage response = await Completion.PostAsync(server, "tiny", Cancellation, key: key, prompt: prompt);
            using JsonDocument body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            return body.RootElement.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
        }
    }

    [Fact]
    public async Task S_5_listed_origins_may_call_from_a_browser_and_others_may_not()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Cors:Origins"] = "https://page.example" });
        foreach ((string origin, bool isAllowed) in new[] { ("https://page.example", true), ("https://other.example", false) })
        {
            using HttpRequestMessage preflight = new(HttpMethod.Options, "/v1/chat/completions");
            preflight.Headers.Add("Origin", origin);
            preflight.Headers.Add("Access-Control-Request-Method", "POST");
            using HttpResponseMessage response = await server.Client.SendAsync(preflight, Cancellation);
            Assert.Equal(isAllowed, response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    private async Task<SparrowServer> StartAsync()
    {
        string path = Path.Combine(_folder, "keys.json");
        await File.WriteAllTextAsync(path, Keys, Cancellation);
        return await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Auth:KeysFile"] = path });
    }
}
