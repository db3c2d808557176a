using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Server.Observability;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Contract;

/// <summary>Rules of the contract that belong to no one resource, by number.</summary>
public sealed class ContractRuleTests
{
    private static readonly string[] s_probes = ["/healthz/live", "/healthz/ready", "/health"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task H_2_work_without_a_step_is_a_stall_and_idleness_is_not()
    {
        ManualTimeProvider time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(
            new Dictionary<string, string?> { ["Limits:RequestTimeoutSeconds"] = "86400", ["Health:StallSeconds"] = "30" }, time: time);
        StallWatch stalls = server.Services.GetRequiredService<StallWatch>();
        time.Advance(TimeSpan.FromHours(1));
        Assert.False(stalls.IsStalled);

        // Time stands still but for these jumps, and a step takes longer than asking: sooner or later the jump falls between two steps.
        bool stalled = false;
        bool dead = false;
        for (int request = 0; request < 20 && !(stalled && dead); request++)
        {
            Task<HttpResponseMessage> running = Completion.PostAsync(server, "tiny", Cancellation, maxTokens: 1500);
            while (!running.IsCompleted && !(stalled && dead))
            {
                time.Advance(TimeSpan.FromSeconds(stalled ? 91 : 31));
                dead |= stalled && stalls.IsDead;
                stalled |= stalls.IsStalled;
                await Task.Yield();
            }

            using HttpResponseMessage response = await running;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.True(stalled && dead);
        time.Advance(TimeSpan.FromHours(1));
        await Eventually.BecomesTrueAsync(() => Task.FromResult(!stalls.IsStalled));
    }

    [Fact]
    public async Task H_1_H_3_a_full_queue_is_answered_by_429_and_fails_no_probe()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?>
        {
            ["Scheduler:MaxRunning"] = "1",
            ["Scheduler:MaxQueuedRequests"] = "1",
        });
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            Task<HttpResponseMessage> running = Completion.PostAsync(server, "tiny", Cancellation, maxTokens: 300);
            foreach (string path in s_probes)
            {
                using HttpResponseMessage probe = await server.Client.GetAsync(path, Cancellation);
                Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
            }

            return await running;
        }));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.TooManyRequests }));
    }

    [Fact]
    public async Task E_6_nothing_is_ever_422()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        foreach (string body in new[] { "{}", "[]", "{\"model\":1}", "{\"prompt\":{}}", "{\"messages\":[]}", "{\"part_ids\":1}", "{\"steps\":[]}" })
        {
            foreach (string path in new[] { "/v1/completions", "/v1/chat/completions", "/v1/uploads", "/v1/compression/jobs", "/v1/swaps", "/v1/pool/load", "/tokenize" })
            {
                using StringContent content = new(body, System.Text.Encoding.UTF8, "application/json");
                using HttpResponseMessage response = await server.Client.PostAsync(path, content, Cancellation);
                Assert.NotEqual(HttpStatusCode.UnprocessableEntity, response.StatusCode);
                Assert.True((int)response.StatusCode is >= 200 and < 500, $"{path} {body}: {response.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task X_1_X_5_histograms_have_the_finer_bounds_in_the_text_of_the_format()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using HttpResponseMessage answer = await Completion.PostAsync(server, "tiny", Cancellation, maxTokens: 8);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using HttpResponseMessage response = await server.Client.GetAsync("/metrics", Cancellation);
        Assert.StartsWith("text/plain; version=0.0.4", response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        foreach ((string name, string[] bounds) in new[]
        {
            ("vllm:inter_token_latency_seconds", new[] { "0.0005", "0.001", "0.002", "0.005", "0.01", "80" }),
            ("vllm:e2e_request_latency_seconds", ["0.001", "0.005", "0.01", "0.025", "0.05", "0.1", "0.2", "0.3", "7680"]),
            ("vllm:time_to_first_token_seconds", ["0.001", "0.005", "2560"]),
        })
        {
            Assert.All(bounds, bound => Assert.Contains($"{name}_bucket{{model_name=\"tiny\",engine=\"0\",le=\"{bound}\"}}", text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task O_4_a_request_is_one_line_and_probes_and_scrapes_are_none()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Logging:LogLevel:Sparrow"] = "Information" });
        LogLines lines = LogLines.Of(server);
        foreach (string path in new[] { "/healthz/ready", "/health", "/metrics" })
        {
            using HttpResponseMessage probe = await server.Client.GetAsync(path, Cancellation);
        }

        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "tiny", prompt = "Hello", max_tokens = 3, ignore_eos = true }),
        };
        request.Headers.Add("x-request-id", "line-of-the-test");
        using HttpResponseMessage answer = await server.Client.SendAsync(request, Cancellation);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(lines.In("Sparrow.Server.Observability.AccessLog").Any()));
        string line = Assert.Single(lines.In("Sparrow.Server.Observability.AccessLog"));
        Assert.StartsWith("POST /v1/completions 200 in ", line, StringComparison.Ordinal);
        Assert.Contains("line-of-the-test anonymous tiny rev_", line, StringComparison.Ordinal);
        Assert.Contains(" 3 length ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G_2_members_are_snake_case_times_are_seconds_and_sizes_are_bytes()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        foreach (string path in new[] { "/v1/models", "/v1/pool", "/v1/files", "/v1/compression/jobs", "/v1/swaps", "/version" })
        {
            JsonElement answer = await server.Client.GetFromJsonAsync<JsonElement>(path, Cancellation);
            Check(path, answer);
        }

        void Check(string path, JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                Assert.All(element.EnumerateArray().ToArray(), item => Check(path, item));
            }

            if (element.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            foreach (JsonProperty member in element.EnumerateObject())
            {
                Assert.True(member.Name.All(letter => !char.IsUpper(letter)), $"{path}: {member.Name}");
                if (member.Name is "created" or "created_at")
                {
                    Assert.InRange(member.Value.GetInt64(), now - 600, now + 600);
                }

                Check(path, member.Value);
            }
        }
    }

    [Fact]
    public async Task G_8_ids_have_their_prefix_and_24_or_more_characters_that_urls_take()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement upload = await Storage.UploadClient.CreateAsync(server, "x.bin", 5, purpose: "user_data");
        JsonElement part = await Storage.UploadClient.PutPartAsync(server, upload.GetProperty("id").GetString()!, 1, [1, 2, 3, 4, 5]);
        JsonElement file = await Storage.UploadClient.PostFileAsync(server, "notes.txt", "user_data", [65]);
        using HttpResponseMessage completion = await Completion.PostAsync(server, "tiny", Cancellation);
        JsonElement text = await completion.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        JsonElement job = await Jobs.JobClient.CreateAsync(server, Jobs.JobClient.Small());
        foreach ((string prefix, JsonElement thing) in new[] { ("upload_", upload), ("part_", part), ("file-", file), ("cmpl-", text), ("cmpjob-", job) })
        {
            Assert.Matches($"^{prefix}[A-Za-z0-9_-]{{24,}}$", thing.GetProperty("id").GetString());
        }

        await Jobs.JobClient.SendAsync(server, HttpMethod.Post, $"{Jobs.JobClient.Jobs}/{job.GetProperty("id").GetString()}/cancel");
    }
}
