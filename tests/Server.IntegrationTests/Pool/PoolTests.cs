using System.Net;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-6 to P-10: models come and go.</summary>
public sealed class PoolTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P_6_the_least_recently_used_goes_first_and_pinned_or_busy_models_stay()
    {
        ManualTimeProvider time = new();
        long one = await BytesOfOneAsync();

        // Room for three and a half: the one of the command line, and two and a half others.
        await using SparrowServer server = await SparrowServer.StartAsync(Settings(("Pool:MemoryBytes", $"{one * 7 / 2}")), time: time);
        foreach ((string name, ulong seed) in new[] { ("a", 2UL), ("b", 3UL), ("c", 4UL), ("d", 5UL) })
        {
            server.Add(name, seed);
        }

        await server.CompleteAsync("a");
        time.Advance(TimeSpan.FromSeconds(1));
        await server.CompleteAsync("b");
        time.Advance(TimeSpan.FromSeconds(1));
        await server.CompleteAsync("a");
        await server.CompleteAsync("c");
        Assert.Equal(["tiny", "a", "c"], Loaded(server));
        Assert.Equal("unloaded", await server.StatusAsync("b"));

        await server.PostAsync("/v1/pool/load", new { model = "a", pin = true }, HttpStatusCode.OK);
        time.Advance(TimeSpan.FromSeconds(1));
        await server.CompleteAsync("b");
        Assert.Equal(["tiny", "a", "b"], Loaded(server));

        // b is at work now, so that nothing can leave for d.
        Task<HttpResponseMessage> running = server.SendAsync("b", maxTokens: 1900);
        await server.RunsAsync("b", 1, running);
        using HttpResponseMessage refused = await server.SendAsync("d");
        if (!running.IsCompleted)
        {
            (await PoolClient.ReadAsync(refused, HttpStatusCode.ServiceUnavailable)).AssertError("insufficient_memory");
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        using HttpResponseMessage finished = await running;
        Assert.Equal(HttpStatusCode.OK, finished.StatusCode);
        Assert.Contains("evicted", (await server.Client.GetStringAsync("/metrics", Cancellation)).Replace("evictions", "evicted", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P_6_bytes_really_used_are_counted()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement before = await server.PoolModelAsync("tiny");
        await server.CompleteAsync("tiny", prompt: new string('x', 600), maxTokens: 64);
        JsonElement after = await server.PoolModelAsync("tiny");
        JsonElement revision = after.GetProperty("revisions")[0];
        Assert.True(after.GetProperty("bytes").GetInt64() > before.GetProperty("bytes").GetInt64());
        Assert.Equal(
            after.GetProperty("bytes").GetInt64(),
            revision.GetProperty("weight_bytes").GetInt64() + revision.GetProperty("scratch_bytes").GetInt64() + revision.GetProperty("cache_bytes").GetInt64());
        JsonElement pool = await server.GetAsync("/v1/pool");
        Assert.Equal(after.GetProperty("bytes").GetInt64(), pool.GetProperty("used_bytes").GetInt64());
        Assert.True(pool.GetProperty("memory_bytes").GetInt64() > pool.GetProperty("used_bytes").GetInt64());
    }

    [Fact]
    public async Task P_7_a_call_loads_its_model_and_waits_for_it()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        server.Add("other", 2);
        Assert.Equal("unloaded", await server.StatusAsync("other"));
        JsonElement[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.CompleteAsync("other")));
        Assert.Single(answers.Select(answer => answer.Answer()).Distinct());
        Assert.Equal("loaded", await server.StatusAsync("other"));
    }

    [Fact]
    public async Task P_7_who_waits_for_a_load_too_long_is_told_to_come_back()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(Settings(("Pool:LoadWaitSeconds", "0")));
        server.Add("other", 2);
        using HttpResponseMessage response = await server.SendAsync("other");
        (await PoolClient.ReadAsync(response, HttpStatusCode.ServiceUnavailable)).AssertError("model_loading");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("other") == "loaded");
        await server.CompleteAsync("other");
    }

    [Fact]
    public async Task P_7_waiting_for_a_load_counts_against_the_queue()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(Settings(("Scheduler:MaxQueuedRequests", "1")));
        PoolEntry entry = server.Add("other", 2);

        // The gate holds the load back, so that the first call surely still waits.
        await entry.Gate.WaitAsync(Cancellation);
        Task<JsonElement> first = server.CompleteAsync("other");
        await server.WaitsAsync("other", 1);
        using HttpResponseMessage second = await server.SendAsync("other");
        (await PoolClient.ReadAsync(second, HttpStatusCode.TooManyRequests)).AssertError("queue_full");
        entry.Gate.Release();
        await first;
    }

    [Fact]
    public async Task P_8_an_idle_model_leaves_and_looking_at_it_does_not_keep_it()
    {
        ManualTimeProvider time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(time: time);
        server.Add("other", 2);
        await server.PostAsync("/v1/pool/load", new { model = "other", ttl_seconds = 60 }, HttpStatusCode.Accepted);
        await server.CompleteAsync("other");
        for (int i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await LookAsync(server);
            await server.Models().SweepAsync();
            Assert.Equal("loaded", await server.StatusAsync("other"));
        }

        await server.CompleteAsync("other");
        time.Advance(TimeSpan.FromSeconds(59));
        await server.Models().SweepAsync();
        Assert.Equal("loaded", await server.StatusAsync("other"));
        time.Advance(TimeSpan.FromSeconds(2));
        await server.Models().SweepAsync();
        Assert.Equal("unloaded", await server.StatusAsync("other"));
        await LookAsync(server);
        Assert.Equal("unloaded", await server.StatusAsync("other"));

        // The setting does not concern the other model, and readiness needs no idle one.
        Assert.Equal("loaded", await server.StatusAsync("tiny"));
        await server.CompleteAsync("other");
        Assert.Contains("sparrow_evictions_total{reason=\"idle\"} 1", await server.Client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P_8_a_jump_of_the_wall_clock_unloads_nothing()
    {
        JumpingClock time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(Settings(("Pool:IdleUnloadSeconds", "60")), time: time);
        await server.CompleteAsync("tiny");
        RevisionRecord next = server.Publish("tiny", 2);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        foreach (TimeSpan jump in (TimeSpan[])[TimeSpan.FromDays(400), TimeSpan.FromDays(-800)])
        {
            time.Jump = jump;
            await server.Models().SweepAsync();
            Assert.Equal(2, (await server.PoolModelAsync("tiny")).GetProperty("revisions").GetArrayLength());
        }
    }

    [Fact]
    public async Task P_9_the_pool_comes_back_as_it_was()
    {
        using ScratchFolder data = new();
        using TinyModel model = TinyModel.Create();
        Dictionary<string, string?> settings = Settings(("Storage:Root", data.Path));
        string[] commandLine = [$"tiny={model.Folder}"];
        RevisionRecord next;
        JsonElement answer;
        await using (SparrowServer server = await SparrowServer.StartAsync(settings, commandLine))
        {
            next = server.Publish("tiny", 2);
            await server.SwapAsync(new { model = "tiny", revision = next.Id });
            server.Add("loaded", 3);
            server.Add("unloaded", 4);
            await server.PostAsync("/v1/pool/load", new { model = "loaded", pin = true, ttl_seconds = 7, kv_profile = "kv8", max_model_len = 512 }, HttpStatusCode.Accepted);
            answer = await server.CompleteAsync("loaded");
        }

        await using (SparrowServer server = await SparrowServer.StartAsync(settings, commandLine))
        {
            Assert.Equal(next.Id, server.Pool.Resolve("tiny").Revision);
            JsonElement loaded = await server.PoolModelAsync("loaded");
            Assert.Equal("loaded", loaded.Text("status"));
            Assert.True(loaded.GetProperty("pinned").GetBoolean());
            Assert.Equal(7, loaded.GetProperty("ttl_seconds").GetDouble());
            Assert.Equal("kv8", loaded.GetProperty("cache").Text("profile"));
            Assert.Equal(512, (await server.GetAsync("/v1/models/loaded")).GetProperty("max_model_len").GetInt32());
            Assert.Equal("unloaded", await server.StatusAsync("unloaded"));
            Assert.Equal(answer.Answer(), (await server.CompleteAsync("loaded")).Answer());
            Assert.Equal(answer.Text("system_fingerprint"), (await server.CompleteAsync("loaded")).Text("system_fingerprint"));

            // Rolling back still knows what came before.
            Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = "previous" })).Text("status"));
        }

        // Without the command line the stored models are served, and no sample is made up.
        await using (SparrowServer server = await SparrowServer.StartAsync(settings, []))
        {
            Assert.Equal(["loaded", "unloaded"], server.Pool.Entries.Select(entry => entry.Name).Order());
            await server.CompleteAsync("loaded");
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/healthz/ready", Cancellation)).StatusCode);
        }
    }

    [Fact]
    public async Task P_9_a_stored_revision_that_went_bad_gives_way_to_the_one_before()
    {
        using ScratchFolder data = new();
        using TinyModel model = TinyModel.Create();
        Dictionary<string, string?> settings = Settings(("Storage:Root", data.Path));
        string[] commandLine = [$"tiny={model.Folder}"];
        string first;
        await using (SparrowServer server = await SparrowServer.StartAsync(settings, commandLine))
        {
            first = server.Pool.Resolve("tiny").Revision;
            RevisionRecord next = server.Publish("tiny", 2);
            await server.SwapAsync(new { model = "tiny", revision = next.Id });
            File.Delete(Path.Combine(server.Revisions().FolderOf(next.Id), "config.json"));
        }

        await using SparrowServer again = await SparrowServer.StartAsync(settings, commandLine);
        Assert.Equal(first, again.Pool.Resolve("tiny").Revision);
        await again.CompleteAsync("tiny");
    }

    [Fact]
    public async Task P_10_a_model_that_fails_is_left_alone_longer_each_time_and_harms_no_other()
    {
        ManualTimeProvider time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(time: time);
        PoolEntry entry = server.Add("broken", 2);
        string config = Path.Combine(server.Revisions().FolderOf(entry.Record.Active!), "config.json");
        string whole = await File.ReadAllTextAsync(config, Cancellation);
        await File.WriteAllTextAsync(config, "{}", Cancellation);
        foreach (double seconds in (double[])[1, 2, 4, 8])
        {
            using HttpResponseMessage response = await server.SendAsync("broken");
            (await PoolClient.ReadAsync(response, HttpStatusCode.ServiceUnavailable)).AssertError("model_failed");
            Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
            Assert.Equal("failed", await server.StatusAsync("broken"));
            Assert.Equal(seconds, (await server.PoolModelAsync("broken")).GetProperty("retry_in_seconds").GetDouble(), 3);

            // Until then it is not tried again, however often it is called.
            int failures = entry.Failure!.Count;
            using HttpResponseMessage again = await server.SendAsync("broken");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, again.StatusCode);
            Assert.Equal(failures, entry.Failure!.Count);
            time.Advance(TimeSpan.FromSeconds(seconds));
        }

        await server.CompleteAsync("tiny");
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/healthz/ready", Cancellation)).StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(300), LoadFailure.BackOff(50));

        await File.WriteAllTextAsync(config, whole, Cancellation);
        await server.CompleteAsync("broken");
        Assert.Null(entry.Failure);
    }

    [Fact]
    public async Task A_model_is_unloaded_when_its_requests_have_ended_and_comes_back_with_the_next()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        Task<HttpResponseMessage> running = server.SendAsync("tiny", maxTokens: 1000);
        await server.RunsAsync("tiny", 1, running);
        await server.PostAsync("/v1/pool/unload", new { model = "tiny" }, HttpStatusCode.Accepted);
        using HttpResponseMessage finished = await running;
        Assert.Equal(HttpStatusCode.OK, finished.StatusCode);
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("tiny") == "unloaded");
        Assert.Equal(0, (await server.GetAsync("/v1/pool")).GetProperty("used_bytes").GetInt64());
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/healthz/ready", Cancellation)).StatusCode);
        await server.CompleteAsync("tiny");
    }

    [Fact]
    public async Task Forced_out_what_runs_is_ended_and_without_force_the_model_stays()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(tiny: SwapSetUp.LongContext);
        Task<HttpResponseMessage> running = server.SendAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
        await server.PostAsync("/v1/pool/unload", new { model = "tiny", drain_seconds = 0 }, HttpStatusCode.Accepted);
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("tiny") == "loaded");
        await server.PostAsync("/v1/pool/unload", new { model = "tiny", drain_seconds = 0, force = true }, HttpStatusCode.Accepted);
        using HttpResponseMessage ended = await running;
        Assert.True(ended.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.OK, $"{ended.StatusCode}");
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("tiny") == "unloaded");
    }

    [Fact]
    public async Task Loading_answers_200_where_the_model_is_there_and_409_for_another_cache()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement model = await server.PostAsync("/v1/pool/load", new { model = "tiny" }, HttpStatusCode.OK);
        Assert.Equal("tiny", model.Text("id"));
        (await server.PostAsync("/v1/pool/load", new { model = "tiny", kv_profile = "kv4" }, HttpStatusCode.Conflict)).AssertError("invalid_state");
        (await server.PostAsync("/v1/pool/load", new { model = "tiny", kv_profile = "/etc/passwd" }, HttpStatusCode.BadRequest)).AssertError("invalid_value");
        (await server.PostAsync("/v1/pool/load", new { model = "nobody" }, HttpStatusCode.NotFound)).AssertError("model_not_found");
        (await server.PostAsync("/v1/pool/unload", new { model = "nobody" }, HttpStatusCode.NotFound)).AssertError("model_not_found");
    }

    [Fact]
    public async Task A_model_larger_than_the_budget_is_refused_with_the_figures()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(Settings(("Pool:MemoryBytes", $"{2 * await BytesOfOneAsync()}")));
        server.Add("large", 2, new RandomCheckpointOptions { HiddenSize = 256, IntermediateSize = 1024, LayerCount = 8 });
        using HttpResponseMessage response = await server.SendAsync("large");
        JsonElement answer = await PoolClient.ReadAsync(response, HttpStatusCode.ServiceUnavailable);
        answer.AssertError("insufficient_memory");
        Assert.Contains("bytes", answer.GetProperty("error").Text("message"), StringComparison.Ordinal);
        await server.CompleteAsync("tiny");
    }

    internal static Dictionary<string, string?> Settings(params (string Key, string Value)[] settings) =>
        settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);

    private static async Task LookAsync(SparrowServer server)
    {
        foreach (string path in (string[])["/v1/models", "/v1/models/other", "/v1/pool", "/healthz/ready", "/metrics"])
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    private static async Task<long> BytesOfOneAsync()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        await server.CompleteAsync("tiny");
        return server.Memory().Used;
    }

    private static IEnumerable<string> Loaded(SparrowServer server) => server.Pool.Models.Select(model => model.Name);

    /// <summary>A clock whose date can be set, while time goes by as ever.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;
    }
}
