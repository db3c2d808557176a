using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-1: revisions change, requests do not notice. Swaps as the API tells of them.</summary>
public sealed class SwapTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P_1_what_runs_stays_and_what_waits_follows_the_swap()
    {
        await using SparrowServer server = await SwapSetUp.OneAtATimeAsync();
        RevisionRecord next = await server.PublishKeptAsync(new RandomCheckpointOptions());
        string? old = (await server.CompleteAsync("tiny")).Text("system_fingerprint");

        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
        Task<JsonElement> waiting = server.CompleteAsync("tiny");
        await server.WaitsAsync("tiny", 1);
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id });

        Assert.Equal("succeeded", swap.Text("status"));
        Assert.Equal(old, (await running).Text("system_fingerprint"));
        JsonElement after = await waiting;
        Assert.NotEqual(old, after.Text("system_fingerprint"));
        Assert.Equal(after.Text("system_fingerprint"), (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
        Assert.Equal(after.Answer(), (await server.CompleteAsync("tiny")).Answer());
        Assert.Equal(0, (await server.PoolModelAsync("tiny")).GetProperty("leases").GetInt32());
    }

    [Fact]
    public async Task P_1_the_headers_name_the_revision_that_answered()
    {
        await using SparrowServer server = await SwapSetUp.OneAtATimeAsync();
        RevisionRecord next = await server.PublishKeptAsync(new RandomCheckpointOptions());
        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
        Task<HttpResponseMessage> waiting = server.SendAsync("tiny");
        await server.WaitsAsync("tiny", 1);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        await running;
        using HttpResponseMessage response = await waiting;
        Assert.Equal($"tiny@{next.Id}", response.Headers.GetValues("x-sparrow-model").Single());
    }

    [Fact]
    public async Task P_1_waiting_requests_are_checked_again_where_the_context_differs()
    {
        await using SparrowServer server = await SwapSetUp.OneAtATimeAsync();
        RevisionRecord next = await server.PublishKeptAsync(new RandomCheckpointOptions { ContextLength = 128 });
        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
        Task<HttpResponseMessage> tooLong = server.SendAsync("tiny", maxTokens: 300);
        Task<JsonElement> fits = server.CompleteAsync("tiny", maxTokens: 20);
        await server.WaitsAsync("tiny", 2);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });

        using HttpResponseMessage refused = await tooLong;
        (await PoolClient.ReadAsync(refused, HttpStatusCode.BadRequest)).AssertError("context_length_exceeded");
        JsonElement answer = await fits;
        Assert.Equal((await server.CompleteAsync("tiny", maxTokens: 20)).Answer(), answer.Answer());
        Assert.Equal("length", answer.GetProperty("choices")[0].Text("finish_reason"));
        await running;
        Assert.Equal(128, (await server.GetAsync("/v1/models/tiny")).GetProperty("max_model_len").GetInt32());
    }

    [Fact]
    public async Task P_1_the_prompts_of_one_request_stay_on_one_revision()
    {
        await using SparrowServer server = await SwapSetUp.OneAtATimeAsync();
        RevisionRecord next = await server.PublishKeptAsync(new RandomCheckpointOptions());
        string[] prompts = ["One", "Two", "Three"];
        JsonElement before = await server.CompleteAsync("tiny", prompts, maxTokens: 500);

        Task<JsonElement> request = server.CompleteAsync("tiny", prompts, maxTokens: 500);
        await server.RunsAsync("tiny", 1, request);
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id });
        JsonElement answer = await request;
        Assert.Equal(before.Text("system_fingerprint"), answer.Text("system_fingerprint"));
        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(before.Answer(i), answer.Answer(i));
        }

        Assert.Equal("succeeded", swap.Text("status"));
        Assert.NotEqual(before.Text("system_fingerprint"), (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
    }

    [Fact]
    public async Task P_1_a_streamed_answer_holds_one_fingerprint_while_the_model_is_swapped()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(tiny: SwapSetUp.LongContext);
        RevisionRecord next = server.Publish("tiny", seed: 2);
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "tiny", prompt = "Once", max_tokens = SwapSetUp.LongAnswer, ignore_eos = true, temperature = 0, stream = true }),
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Task<JsonElement> swap = server.SwapAsync(new { model = "tiny", revision = next.Id });
        string stream = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
        string?[] fingerprints =
        [
            .. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame.StartsWith("data: {", StringComparison.Ordinal))
                .Select(frame => JsonDocument.Parse(frame["data: ".Length..]).RootElement.Text("system_fingerprint")).Distinct(),
        ];
        Assert.Single(fingerprints);
        Assert.Equal("succeeded", (await swap).Text("status"));
    }

    [Fact]
    public async Task A_request_may_name_a_revision_that_is_still_in_memory()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement old = await server.CompleteAsync("tiny");
        string first = server.Pool.Resolve("tiny").Revision;
        RevisionRecord next = server.Publish("tiny", 2);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        Assert.Equal(old.Answer(), (await server.CompleteAsync($"tiny@{first}")).Answer());
        Assert.Equal((await server.CompleteAsync("tiny")).Answer(), (await server.CompleteAsync($"tiny@{next.Id}")).Answer());
        using HttpResponseMessage unknown = await server.SendAsync("tiny@rev_nothing");
        (await PoolClient.ReadAsync(unknown, HttpStatusCode.NotFound)).AssertError("model_not_found");
    }

    [Fact]
    public async Task What_cannot_be_swapped_is_refused_with_the_reason()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        server.Add("other", 3);
        RevisionRecord ofOther = server.Publish("other", 4);
        (await server.BeginSwapAsync(new { model = "nobody", revision = "previous" }, HttpStatusCode.NotFound)).AssertError("model_not_found");
        (await server.BeginSwapAsync(new { model = "tiny", revision = "previous" }, HttpStatusCode.Conflict)).AssertError("invalid_state");
        (await server.BeginSwapAsync(new { model = "tiny", revision = "rev_nothing" }, HttpStatusCode.NotFound)).AssertError("not_found");
        (await server.BeginSwapAsync(new { model = "tiny", revision = ofOther.Id }, HttpStatusCode.NotFound)).AssertError("not_found");
        (await server.BeginSwapAsync(new { model = "tiny", revision = ofOther.Id, strategy = "fast" }, HttpStatusCode.BadRequest)).AssertError("invalid_value");
        (await server.BeginSwapAsync(new { model = "tiny" }, HttpStatusCode.BadRequest)).AssertError("missing_required_parameter");
        (await server.GetAsync("/v1/swaps/swap_nothing", HttpStatusCode.NotFound)).AssertError("not_found");
    }

    [Fact]
    public async Task Swaps_are_listed_counted_and_begun_once_by_a_key()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        RevisionRecord next = server.Publish("tiny", 2);
        string body = JsonSerializer.Serialize(new { model = "tiny", revision = next.Id });
        List<string?> ids = [];
        for (int i = 0; i < 2; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/swaps") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", "once");
            using HttpResponseMessage response = await server.Client.SendAsync(request, Cancellation);
            ids.Add((await PoolClient.ReadAsync(response, HttpStatusCode.Accepted)).Text("id"));
        }

        Assert.Equal(ids[0], ids[1]);
        await server.EndOfSwapAsync(await server.GetAsync($"/v1/swaps/{ids[0]}"));
        JsonElement list = await server.GetAsync("/v1/swaps?model=tiny");
        Assert.Equal(ids[0], Assert.Single(list.GetProperty("data").EnumerateArray()).Text("id"));
        (await server.PostAsync($"/v1/swaps/{ids[0]}/cancel", new { }, HttpStatusCode.Conflict)).AssertError("invalid_state");

        string metrics = await server.Client.GetStringAsync("/metrics", Cancellation);
        Assert.Contains("sparrow_swaps_total{result=\"succeeded\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("sparrow_swap_seconds_count{strategy=\"parallel\",result=\"succeeded\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("sparrow_evictions_total{reason=\"memory\"} 0", metrics, StringComparison.Ordinal);
        Assert.Contains("sparrow_native_memory_bytes{area=\"scratch\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_swap_that_waits_for_requests_can_be_cancelled()
    {
        await using SparrowServer server = await SwapSetUp.OneAtATimeAsync();
        string? old = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        Task<HttpResponseMessage> running = server.SendAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
        JsonElement swap = await server.BeginSwapAsync(new { model = "tiny", revision = server.Publish("tiny", 2).Id, strategy = "drain" });
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("tiny") == "draining");
        await server.PostAsync($"/v1/swaps/{swap.Text("id")}/cancel", new { }, HttpStatusCode.OK);
        Assert.Equal("cancelled", (await server.EndOfSwapAsync(swap)).Text("status"));
        using HttpResponseMessage finished = await running;
        Assert.Equal(HttpStatusCode.OK, finished.StatusCode);
        Assert.Equal(old, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
    }
}
