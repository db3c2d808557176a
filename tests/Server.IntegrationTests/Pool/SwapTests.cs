using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-1 to P-5: revisions change, requests do not notice.</summary>
public sealed class SwapTests
{
    // Long enough that a flip comes before its end, even on a machine that has other things to do.
    private const int LongAnswer = 1500;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Dictionary<string, string?> OneAtATime => new() { ["Scheduler:MaxRunning"] = "1" };

    [Fact]
    public async Task P_1_what_runs_stays_and_what_waits_follows_the_swap()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(OneAtATime);
        RevisionRecord next = await PublishKeptAsync(server, new RandomCheckpointOptions());
        string? old = (await server.CompleteAsync("tiny")).Text("system_fingerprint");

        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: LongAnswer);
        await RunsAsync(server, "tiny", 1);
        Task<JsonElement> waiting = server.CompleteAsync("tiny");
        await WaitsAsync(server, "tiny", 1);
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
        await using SparrowServer server = await SparrowServer.StartAsync(OneAtATime);
        RevisionRecord next = await PublishKeptAsync(server, new RandomCheckpointOptions());
        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: LongAnswer);
        await RunsAsync(server, "tiny", 1);
        Task<HttpResponseMessage> waiting = server.SendAsync("tiny");
        await WaitsAsync(server, "tiny", 1);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        await running;
        using HttpResponseMessage response = await waiting;
        Assert.Equal($"tiny@{next.Id}", response.Headers.GetValues("x-sparrow-model").Single());
    }

    [Fact]
    public async Task P_1_waiting_requests_are_checked_again_where_the_context_differs()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(OneAtATime);
        RevisionRecord next = await PublishKeptAsync(server, new RandomCheckpointOptions { ContextLength = 128 });
        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: LongAnswer);
        await RunsAsync(server, "tiny", 1);
        Task<HttpResponseMessage> tooLong = server.SendAsync("tiny", maxTokens: 300);
        Task<JsonElement> fits = server.CompleteAsync("tiny", maxTokens: 20);
        await WaitsAsync(server, "tiny", 2);
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
        await using SparrowServer server = await SparrowServer.StartAsync(OneAtATime);
        RevisionRecord next = await PublishKeptAsync(server, new RandomCheckpointOptions());
        string[] prompts = ["One", "Two", "Three"];
        JsonElement before = await server.CompleteAsync("tiny", prompts, maxTokens: 500);

        Task<JsonElement> request = server.CompleteAsync("tiny", prompts, maxTokens: 500);
        await RunsAsync(server, "tiny", 1);
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
        await using SparrowServer server = await SparrowServer.StartAsync();
        RevisionRecord next = server.Publish("tiny", seed: 2);
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "tiny", prompt = "Once", max_tokens = LongAnswer, ignore_eos = true, temperature = 0, stream = true }),
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
    public async Task P_2_auto_takes_parallel_where_there_is_room_and_drain_where_there_is_not()
    {
        await using SparrowServer roomy = await SparrowServer.StartAsync();
        JsonElement swap = await roomy.SwapAsync(new { model = "tiny", revision = roomy.Publish("tiny", 2).Id, strategy = "auto" });
        Assert.Equal("parallel", swap.Text("strategy"));
        Assert.True(swap.GetProperty("estimate").GetProperty("bytes").GetInt64() > 0);
        Assert.Equal(JsonValueKind.Null, swap.GetProperty("timings").GetProperty("unavailable_ms").ValueKind);

        await using SparrowServer tight = await TightAsync();
        swap = await tight.SwapAsync(new { model = "tiny", revision = tight.Publish("tiny", 2).Id, strategy = "auto" });
        Assert.True(swap.Text("status") == "succeeded", swap.GetRawText());
        Assert.Equal("drain", swap.Text("strategy"));
        Assert.True(swap.GetProperty("timings").GetProperty("unavailable_ms").GetDouble() > 0);
        Assert.Single((await tight.PoolModelAsync("tiny")).GetProperty("revisions").EnumerateArray());
        await tight.CompleteAsync("tiny");
    }

    [Fact]
    public async Task P_2_a_revision_larger_than_the_budget_is_refused_before_anything_is_given_up()
    {
        await using SparrowServer server = await TightAsync();
        string? before = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        RevisionRecord large = server.Publish("tiny", 2, new RandomCheckpointOptions { HiddenSize = 256, IntermediateSize = 1024, LayerCount = 8 });
        foreach (string strategy in (string[])["auto", "parallel", "drain"])
        {
            JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = large.Id, strategy });
            Assert.Equal("failed", swap.Text("status"));
            Assert.Equal("insufficient_memory", swap.GetProperty("error").Text("code"));
        }

        Assert.Equal(before, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
    }

    [Fact]
    public async Task P_3_a_damaged_artifact_never_serves()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string? before = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        RevisionRecord next = server.Publish("tiny", 2);
        Damage(server, next);
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id });
        Assert.Equal("failed", swap.Text("status"));
        Assert.Equal("invalid_artifact", swap.GetProperty("error").Text("code"));
        Assert.Contains("damaged", swap.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Equal(before, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
        Assert.Single((await server.PoolModelAsync("tiny")).GetProperty("revisions").EnumerateArray());
    }

    [Fact]
    public async Task P_3_a_revision_whose_logits_are_no_numbers_never_serves()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string? before = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        RevisionRecord next = PublishOverflowing(server);
        foreach (bool probe in (bool[])[true, false])
        {
            JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id, probe });
            Assert.Equal("failed", swap.Text("status"));
            Assert.Contains("finite", swap.GetProperty("error").Text("message"), StringComparison.Ordinal);
        }

        Assert.Equal(before, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
    }

    [Fact]
    public async Task P_3_the_gate_of_the_job_has_to_be_met_still()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        RevisionRecord missed = server.Publish("tiny", 2, quality: new RevisionQuality(10, 5, "file-x", MaxPerplexityIncrease: 0.5));
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = missed.Id });
        Assert.Equal("failed", swap.Text("status"));
        Assert.Equal("quality_gate", swap.GetProperty("error").Text("code"));

        RevisionRecord met = server.Publish("tiny", 2, quality: new RevisionQuality(7, 5, "file-x", MaxPerplexityIncrease: 0.5));
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = met.Id })).Text("status"));
    }

    [Fact]
    public async Task P_3_after_a_failed_drain_swap_the_old_revision_is_loaded_again()
    {
        await using SparrowServer server = await TightAsync();
        JsonElement before = await server.CompleteAsync("tiny");
        RevisionRecord next = PublishOverflowing(server);
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id, strategy = "drain" });
        Assert.Equal("failed", swap.Text("status"));
        JsonElement after = await server.CompleteAsync("tiny");
        Assert.Equal(before.Text("system_fingerprint"), after.Text("system_fingerprint"));
        Assert.Equal(before.Answer(), after.Answer());
        Assert.Equal("loaded", await server.StatusAsync("tiny"));
    }

    [Fact]
    public async Task P_4_during_a_drain_swap_new_requests_wait_and_are_answered_by_the_new_revision()
    {
        await using SparrowServer server = await TightAsync();
        string? old = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: LongAnswer);
        await RunsAsync(server, "tiny", 1);
        JsonElement swap = await server.BeginSwapAsync(new { model = "tiny", revision = server.Publish("tiny", 2).Id, strategy = "drain" });
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("tiny") is "draining" or "loading");
        Task<JsonElement> waiting = server.CompleteAsync("tiny");
        swap = await server.EndOfSwapAsync(swap);
        Assert.True(swap.Text("status") == "succeeded", swap.GetRawText());
        Assert.Equal(old, (await running).Text("system_fingerprint"));
        Assert.NotEqual(old, (await waiting).Text("system_fingerprint"));
    }

    [Fact]
    public async Task P_4_who_waits_for_a_drain_swap_too_long_is_told_to_come_back()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?>
        {
            ["Scheduler:MaxRunning"] = "1",
            ["Pool:LoadWaitSeconds"] = "0.2",
        });
        PoolEntry entry = server.Pool.Get("tiny");
        ServedModel model = entry.Active!;
        Task<HttpResponseMessage> running = server.SendAsync("tiny", maxTokens: LongAnswer);
        await RunsAsync(server, "tiny", 1);
        Task<HttpResponseMessage> queued = server.SendAsync("tiny");
        await WaitsAsync(server, "tiny", 1);

        // The state that a drain swap is in while it waits, held for as long as the test needs.
        entry.Enter(ModelStatus.Draining);
        entry.Queue.Deactivate();
        using HttpResponseMessage late = await server.SendAsync("tiny");
        (await PoolClient.ReadAsync(late, HttpStatusCode.ServiceUnavailable)).AssertError("model_loading");
        Assert.NotNull(late.Headers.RetryAfter);
        await server.Models().SweepAsync();
        using HttpResponseMessage alsoLate = await queued;
        (await PoolClient.ReadAsync(alsoLate, HttpStatusCode.ServiceUnavailable)).AssertError("model_loading");

        // What ran when the swap began is not cut off.
        using HttpResponseMessage finished = await running;
        Assert.Equal(HttpStatusCode.OK, finished.StatusCode);
        entry.Queue.TryActivate(model.Leases);
        entry.Enter(ModelStatus.Unloaded);
        await server.CompleteAsync("tiny");
    }

    [Fact]
    public async Task P_5_the_previous_revision_is_kept_in_memory_and_then_only_on_the_disk()
    {
        ManualTimeProvider time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Pool:RollbackKeepSeconds"] = "60" }, time: time);
        JsonElement first = await server.CompleteAsync("tiny");
        RevisionRecord next = server.Publish("tiny", 2);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        Assert.Equal(2, (await server.PoolModelAsync("tiny")).GetProperty("revisions").GetArrayLength());

        JsonElement back = await server.SwapAsync(new { model = "tiny", revision = "previous" });
        Assert.Equal("succeeded", back.Text("status"));
        Assert.Equal(JsonValueKind.Null, back.GetProperty("timings").GetProperty("loading_ms").ValueKind);
        Assert.Equal(first.Answer(), (await server.CompleteAsync("tiny")).Answer());

        time.Advance(TimeSpan.FromSeconds(61));
        await server.Models().SweepAsync();
        Assert.Single((await server.PoolModelAsync("tiny")).GetProperty("revisions").EnumerateArray());
        JsonElement again = await server.SwapAsync(new { model = "tiny", revision = "previous" });
        Assert.Equal(next.Id, again.Text("to"));
        Assert.Equal("succeeded", again.Text("status"));
        Assert.Equal(JsonValueKind.Number, again.GetProperty("timings").GetProperty("loading_ms").ValueKind);
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
        await using SparrowServer server = await SparrowServer.StartAsync(OneAtATime);
        string? old = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        Task<HttpResponseMessage> running = server.SendAsync("tiny", maxTokens: 1900);
        await RunsAsync(server, "tiny", 1);
        JsonElement swap = await server.BeginSwapAsync(new { model = "tiny", revision = server.Publish("tiny", 2).Id, strategy = "drain" });
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("tiny") == "draining");
        await server.PostAsync($"/v1/swaps/{swap.Text("id")}/cancel", new { }, HttpStatusCode.OK);
        Assert.Equal("cancelled", (await server.EndOfSwapAsync(swap)).Text("status"));
        using HttpResponseMessage finished = await running;
        Assert.Equal(HttpStatusCode.OK, finished.StatusCode);
        Assert.Equal(old, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
    }

    internal static Task RunsAsync(SparrowServer server, string model, int count) =>
        Eventually.BecomesTrueAsync(() => Task.FromResult(server.Pool.Get(model).Queue.Snapshot.RunningRequests == count));

    internal static Task WaitsAsync(SparrowServer server, string model, int count) =>
        Eventually.BecomesTrueAsync(() => Task.FromResult(server.Pool.Get(model).Queue.Snapshot.WaitingRequests == count));

    /// <summary>A revision that is in memory already, so that a swap to it takes no time.</summary>
    private static async Task<RevisionRecord> PublishKeptAsync(SparrowServer server, RandomCheckpointOptions options)
    {
        RevisionRecord revision = server.Publish("tiny", seed: 2, options);
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = revision.Id })).Text("status"));
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = "previous" })).Text("status"));
        return revision;
    }

    /// <summary>A server whose budget holds the model once and a half.</summary>
    private static async Task<SparrowServer> TightAsync()
    {
        long bytes;
        await using (SparrowServer probe = await SparrowServer.StartAsync(OneAtATime))
        {
            await probe.CompleteAsync("tiny");
            bytes = probe.Memory().Used;
        }

        Dictionary<string, string?> settings = OneAtATime;
        settings["Pool:MemoryBytes"] = $"{bytes * 3 / 2}";
        return await SparrowServer.StartAsync(settings);
    }

    private static void Damage(SparrowServer server, RevisionRecord revision)
    {
        string weights = Directory.EnumerateFiles(server.Revisions().FolderOf(revision.Id), "*.safetensors").First();
        using FileStream file = new(weights, FileMode.Open, FileAccess.ReadWrite);
        file.Seek(-3, SeekOrigin.End);
        int value = file.ReadByte();
        file.Seek(-1, SeekOrigin.Current);
        file.WriteByte((byte)(value ^ 1));
    }

    /// <summary>A revision of finite weights whose logits overflow: whole files, and no model.</summary>
    private static RevisionRecord PublishOverflowing(SparrowServer server)
    {
        RevisionStore revisions = server.Revisions();
        string folder = revisions.NewStagingFolder();
        RandomCheckpoint.Write(folder, new RandomCheckpointOptions { Seed = 9 });
        string path = Directory.EnumerateFiles(folder, "*.safetensors").First();
        byte[] bytes = File.ReadAllBytes(path);
        int data = 8 + (int)BitConverter.ToInt64(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, data - 8));
        JsonElement range = header.RootElement.GetProperty("lm_head.weight").GetProperty("data_offsets");
        for (int i = data + range[0].GetInt32(); i < data + range[1].GetInt32(); i += sizeof(float))
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(i), 1e38f);
        }

        File.WriteAllBytes(path, bytes);
        return revisions.Publish(new NewRevision("tiny", folder));
    }
}
