using System.Net;
using System.Net.Http.Json;
using System.Text;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Admission;

/// <summary>The rules of the contract's section 3 that need a server with keys, by number.</summary>
public sealed class KeyRuleTests : IDisposable
{
    private const string Secret = "sk-of-ops-0123456789";
    private const string Keys = $$"""
        {"keys":[{"name":"caller","key":"sk-caller"},{"name":"ops","key":"{{Secret}}","scopes":["admin","inference"]},
        {"name":"one","key":"sk-one","max_concurrent":1},{"name":"slow","key":"sk-slow","requests_per_minute":2}]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-keys-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string KeysPath => Path.Combine(_folder, "keys.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task S_1_a_key_removed_while_in_use_ends_what_it_started_and_starts_nothing_more()
    {
        await using SparrowServer server = await StartAsync();
        using HttpRequestMessage request = Completions("sk-caller", 400);
        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        string replacement = KeysPath + ".new";
        await File.WriteAllTextAsync(replacement, Keys.Replace("sk-caller", "sk-replaced", StringComparison.Ordinal), Cancellation);
        File.Move(replacement, KeysPath, overwrite: true);
        await Eventually.BecomesTrueAsync(async () =>
        {
            using HttpResponseMessage later = await GetAsync(server, "/v1/models", "sk-caller");
            return later.StatusCode == HttpStatusCode.Unauthorized;
        });
        Assert.EndsWith("data: [DONE]\n\n", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using HttpResponseMessage replaced = await GetAsync(server, "/v1/models", "sk-replaced");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
    }

    [Fact]
    public async Task S_1_a_key_has_no_more_requests_at_once_than_its_limit_and_others_are_not_held_up()
    {
        await using SparrowServer server = await StartAsync();
        using HttpRequestMessage request = Completions("sk-one", 1500);
        using HttpResponseMessage running = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using HttpResponseMessage refused = await Completion.PostAsync(server, "tiny", Cancellation, key: "sk-one");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("rate_limit_exceeded", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        using HttpResponseMessage other = await Completion.PostAsync(server, "tiny", Cancellation, key: "sk-caller");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task S_1_a_key_makes_no_more_calls_a_minute_than_its_limit()
    {
        await using SparrowServer server = await StartAsync();
        List<HttpStatusCode> answers = [];
        for (int call = 0; call < 3; call++)
        {
            using HttpResponseMessage response = await GetAsync(server, "/v1/models", "sk-slow");
            answers.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], answers);
    }

    [Fact]
    public async Task S_1_keys_of_the_configuration_open_the_same_doors()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(
            new Dictionary<string, string?> { ["Auth:Keys"] = "app=sk-app;ops:admin=sk-admin" });
        foreach ((string key, string path, int status) in new[]
        {
            ("sk-app", "/v1/models", 200), ("sk-app", "/v1/pool", 403), ("sk-admin", "/v1/pool", 200), ("sk-admin", "/v1/models", 403), ("sk-none", "/v1/models", 401),
        })
        {
            using HttpResponseMessage response = await GetAsync(server, path, key);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task S_5_preflights_need_no_key_and_refusals_can_be_read_by_the_page()
    {
        await using SparrowServer server = await StartAsync(("Cors:Origins", "https://page.example"));
        using HttpRequestMessage preflight = new(HttpMethod.Options, "/v1/chat/completions");
        preflight.Headers.Add("Origin", "https://page.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using HttpResponseMessage allowed = await server.Client.SendAsync(preflight, Cancellation);
        Assert.Equal("https://page.example", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));

        using HttpRequestMessage call = new(HttpMethod.Get, "/v1/models");
        call.Headers.Add("Origin", "https://page.example");
        using HttpResponseMessage refused = await server.Client.SendAsync(call, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("https://page.example", Assert.Single(refused.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task S_5_without_origins_nothing_answers_a_page_of_another_site()
    {
        await using SparrowServer server = await StartAsync();
        using HttpRequestMessage preflight = new(HttpMethod.Options, "/v1/chat/completions");
        preflight.Headers.Add("Origin", "https://page.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Authorization", "Bearer sk-caller");
        using HttpResponseMessage response = await server.Client.SendAsync(preflight, Cancellation);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task S_6_metrics_on_a_port_of_their_own_are_nowhere_else_and_nothing_else_is_there()
    {
        int port = FreePort();
        await using SparrowServer server = await StartAsync(("Server:ManagementUrl", $"http://127.0.0.1:{port}"));
        using HttpResponseMessage publicly = await GetAsync(server, "/metrics", Secret);
        Assert.Equal(HttpStatusCode.NotFound, publicly.StatusCode);
        using HttpClient management = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Contains("sparrow_build_info", await management.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
        foreach (string path in new[] { "/v1/models", "/v1/pool", "/version" })
        {
            using HttpResponseMessage response = await management.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Fact]
    public async Task S_7_neither_keys_nor_prompts_nor_answers_are_logged_at_any_level()
    {
        await using SparrowServer server = await StartAsync(("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore", "Information"));
        LogLines lines = LogLines.Of(server);
        using HttpResponseMessage response = await Completion.PostAsync(server, "tiny", Cancellation, key: Secret, prompt: "PromptOfTheTest");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using HttpResponseMessage refused = await Completion.PostAsync(server, "tiny", Cancellation, key: "sk-guessed-wrong", prompt: "PromptOfTheTest");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains(lines.All, line => line.Text.Contains("/v1/completions", StringComparison.Ordinal));
        foreach (string secret in new[] { Secret, "sk-guessed-wrong", "PromptOfTheTest" })
        {
            Assert.DoesNotContain(lines.All, line => line.Text.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Admin_calls_are_audited_with_who_what_target_and_result_and_refused_ones_too()
    {
        await using SparrowServer server = await StartAsync(("Logging:LogLevel:Sparrow.Audit", "Information"));
        LogLines lines = LogLines.Of(server);
        foreach ((string key, string body) in new[]
        {
            (Secret, """{"filename":"weights.gguf","purpose":"model","bytes":100}"""),
            (Secret, """{"filename":"weights\nforged line","purpose":"model","bytes":-1}"""),
            ("sk-caller", """{"filename":"weights.gguf","purpose":"model","bytes":100}"""),
            ("sk-unknown", """{"filename":"weights.gguf","purpose":"model","bytes":100}"""),
        })
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/uploads") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Authorization", "Bearer " + key);
            using HttpResponseMessage response = await server.Client.SendAsync(request, Cancellation);
        }

        using HttpRequestMessage chunked = new(HttpMethod.Post, "/v1/uploads") { Content = JsonContent.Create(new { filename = "later.json" }) };
        chunked.Headers.Add("Authorization", "Bearer " + Secret);
        using HttpResponseMessage unfinished = await server.Client.SendAsync(chunked, Cancellation);
        using HttpResponseMessage inference = await Completion.PostAsync(server, "tiny", Cancellation, key: Secret);
        using HttpResponseMessage read = await GetAsync(server, "/v1/files", Secret);
        string[] audited = [.. lines.In("Sparrow.Audit")];
        Assert.Equal(5, audited.Length);
        Assert.StartsWith("ops at 127.0.0.1: POST /v1/uploads on 'filename=weights.gguf purpose=model': 200 ", audited[0], StringComparison.Ordinal);
        Assert.StartsWith("ops at 127.0.0.1: POST /v1/uploads on 'filename=weights forged line purpose=model': 400 ", audited[1], StringComparison.Ordinal);
        Assert.StartsWith("caller at 127.0.0.1: POST /v1/uploads on '': 403 permission_denied", audited[2], StringComparison.Ordinal);
        Assert.StartsWith("unknown at 127.0.0.1: POST /v1/uploads on '': 401 invalid_api_key", audited[3], StringComparison.Ordinal);
        Assert.StartsWith("ops at 127.0.0.1: POST /v1/uploads on 'filename=later.json': 400 ", audited[4], StringComparison.Ordinal);
    }

    private static HttpRequestMessage Completions(string key, int maxTokens)
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "tiny", prompt = "Hello", max_tokens = maxTokens, ignore_eos = true, stream = true }),
        };
        request.Headers.Add("Authorization", "Bearer " + key);
        return request;
    }

    private static async Task<HttpResponseMessage> GetAsync(SparrowServer server, string path, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Add("Authorization", "Bearer " + key);
        return await server.Client.SendAsync(request, Cancellation);
    }

    private static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<SparrowServer> StartAsync(params (string Key, string Value)[] settings)
    {
        await File.WriteAllTextAsync(KeysPath, Keys, Cancellation);
        Dictionary<string, string?> values = settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        values["Auth:KeysFile"] = KeysPath;
        return await SparrowServer.StartAsync(values);
    }
}
