using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>Section 4 of the contract: every refusal in the one shape, with its status and code.</summary>
public sealed class ErrorTests(TinyServer tiny) : IClassFixture<TinyServer>
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string Hello = """[{"role":"user","content":"hi"}]""";

    [Theory]
    [InlineData("POST", Chat, "{nope", 400, "invalid_json", null)]
    [InlineData("POST", Chat, "", 400, "invalid_json", null)]
    [InlineData("POST", Chat, "[]", 400, "invalid_type", null)]
    [InlineData("POST", Chat, """{"model":"tiny","model":"tiny"}""", 400, "invalid_json", null)]
    [InlineData("POST", Chat, """{"model":"tiny"}""", 400, "missing_required_parameter", "messages")]
    [InlineData("POST", Chat, """{"model":"no-such","messages":[{"role":"user","content":"hi"}]}""", 404, "model_not_found", "model")]
    [InlineData("POST", Completions, """{"prompt":[1,99999999]}""", 400, "invalid_prompt_tokens", "prompt[1]")]
    [InlineData("POST", Completions, """{"prompt":[-1]}""", 400, "invalid_prompt_tokens", "prompt[0]")]
    [InlineData("POST", Completions, """{"prompt":"x","suffix":"y"}""", 400, "unsupported_parameter", "suffix")]
    [InlineData("POST", Completions, """{"prompt":""}""", 400, "invalid_value", "prompt")]
    [InlineData("POST", Completions, """{"prompt":"x","stop_token_ids":[99999]}""", 400, "invalid_value", "stop_token_ids")]
    [InlineData("POST", Completions, """{"prompt":"x","logit_bias":{"99999":1}}""", 400, "invalid_value", "logit_bias")]
    [InlineData("GET", "/v1/nothing", null, 404, "not_found", null)]
    [InlineData("GET", Chat, null, 405, "method_not_allowed", null)]
    [InlineData("POST", "/v1/embeddings", """{"input":"x"}""", 501, "not_implemented", null)]
    [InlineData("DELETE", "/v1/models", null, 405, "method_not_allowed", null)]
    [InlineData("GET", "/v1/models/nobody", null, 404, "model_not_found", "model")]
    [InlineData("GET", "/v1/models/some%2Fbody", null, 404, "model_not_found", "model")]
    [InlineData("POST", "/tokenize", "{}", 400, "missing_required_parameter", "prompt")]
    [InlineData("POST", "/detokenize", """{"tokens":"x"}""", 400, "invalid_type", "tokens")]
    [InlineData("POST", "/detokenize", """{"tokens":[1,99999]}""", 400, "invalid_prompt_tokens", "tokens[1]")]
    [InlineData("GET", "/tokenizer_info?model=nobody", null, 404, "model_not_found", "model")]
    public async Task A_bad_request_has_its_status_code_and_place(string method, string path, string? body, int status, string code, string? param)
    {
        byte[]? bytes = body is null ? null : Encoding.UTF8.GetBytes(body);
        using HttpResponseMessage response = await tiny.SendAsync(new HttpMethod(method), path, bytes, body is null ? null : "application/json");
        JsonElement error = await ErrorAsync(response, status);
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task Other_content_types_are_415(string? contentType)
    {
        using HttpResponseMessage response = await tiny.PostAsync(Chat, $$"""{"messages":{{Hello}}}""", contentType);
        Assert.Equal("unsupported_media_type", (await ErrorAsync(response, 415)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("application/vnd.api+json")]
    public async Task Other_names_of_json_are_taken(string contentType)
    {
        using HttpResponseMessage response = await tiny.PostAsync(Chat, $$"""{"messages":{{Hello}},"max_tokens":1}""", contentType);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_wrong_method_is_answered_with_the_right_ones()
    {
        using HttpResponseMessage response = await tiny.SendAsync(HttpMethod.Get, Chat, null, null);
        Assert.Contains("POST", response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413()
    {
        string body = $$"""{"messages":[{"role":"user","content":"{{new string('x', 17 << 20)}}"}]}""";
        using HttpResponseMessage response = await tiny.PostAsync(Chat, body);
        JsonElement error = await ErrorAsync(response, 413);
        Assert.Equal("request_too_large", error.GetProperty("code").GetString());
        Assert.Equal(16 << 20, error.GetProperty("details").GetProperty("max_bytes").GetInt32());
    }

    [Fact]
    public async Task A_body_without_a_length_is_cut_off_at_the_limit()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Chat) { Content = new StreamContent(new MemoryStream(new byte[17 << 20])) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using HttpResponseMessage response = await tiny.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Contains((int)response.StatusCode, (int[])[400, 413]);
        }
        catch (HttpRequestException)
        {
            // The server may close while the body is still being sent.
        }

        await tiny.AssertIdleAsync();
    }

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        string body = """{"model":"tiny","messages":""" + new string('[', 5000) + new string(']', 5000) + "}";
        using HttpResponseMessage response = await tiny.PostAsync(Chat, body);
        Assert.Equal("invalid_json", (await ErrorAsync(response, 400)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Too_many_headers_are_431()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
        request.Headers.Add("x-padding", new string('p', 40_000));
        using HttpResponseMessage response = await tiny.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("headers_too_large", (await ErrorAsync(response, 431)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task G5_Unknown_members_are_named_or_refused_as_the_settings_say()
    {
        string body = $$"""{"messages":{{Hello}},"max_tokens":1,"mood":"bright","été":1}""";
        using HttpResponseMessage response = await tiny.PostAsync(Chat, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("mood,%C3%A9t%C3%A9", response.Headers.GetValues("x-sparrow-ignored-params").Single());

        await using SparrowServer strict = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Api:UnknownParameters"] = "reject" });
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage refusal = await strict.Client.PostAsync(Chat, content, TestContext.Current.CancellationToken);
        Assert.Equal("mood", (await ErrorAsync(refusal, 400)).GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/nothing")]
    [InlineData("/healthz/live")]
    public async Task G3_G4_Every_answer_has_a_request_id_and_a_time(string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Add("x-request-id", "my.own:id-1");
        using HttpResponseMessage kept = await tiny.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("my.own:id-1", kept.Headers.GetValues("x-request-id").Single());
        Assert.True(long.Parse(kept.Headers.GetValues("openai-processing-ms").Single(), System.Globalization.CultureInfo.InvariantCulture) >= 0);

        using HttpRequestMessage strange = new(HttpMethod.Get, path);
        strange.Headers.TryAddWithoutValidation("x-request-id", "no spaces allowed");
        using HttpResponseMessage made = await tiny.Client.SendAsync(strange, TestContext.Current.CancellationToken);
        Assert.StartsWith("req_", made.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G4_The_model_and_revision_that_answered_are_named()
    {
        using HttpResponseMessage response = await tiny.PostAsync(Completions, """{"prompt":"x","max_tokens":1}""");
        Assert.Equal($"tiny@{tiny.Model.Revision}", response.Headers.GetValues("x-sparrow-model").Single());
    }

    [Fact]
    public async Task Outside_v1_errors_are_problem_details()
    {
        using HttpResponseMessage response = await tiny.SendAsync(HttpMethod.Get, "/nowhere", null, null);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task E3_E4_A_drained_queue_says_when_to_come_back()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        server.Pool.Resolve("tiny").Queue.Refuse(true);
        using StringContent content = new("""{"prompt":"x"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync(Completions, content, TestContext.Current.CancellationToken);
        Assert.Equal("server_draining", (await ErrorAsync(response, 503)).GetProperty("code").GetString());
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
        Assert.InRange(int.Parse(response.Headers.GetValues("retry-after-ms").Single(), System.Globalization.CultureInfo.InvariantCulture), 1000, 120_000);
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, int status)
    {
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {text}");
        JsonElement error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
        Assert.False(string.IsNullOrEmpty(error.GetProperty("type").GetString()));
        return error;
    }
}
