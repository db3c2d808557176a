using System.Net;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-2, P-4, P-5: beside the old revision or in its place, and what becomes of the old one.</summary>
public sealed class SwapStrategyTests
{
    [Fact]
    public async Task P_2_auto_takes_parallel_where_there_is_room_and_drain_where_there_is_not()
    {
        await using SparrowServer roomy = await SparrowServer.StartAsync();
        JsonElement swap = await roomy.SwapAsync(new { model = "tiny", revision = roomy.Publish("tiny", 2).Id, strategy = "auto" });
        Assert.Equal("parallel", swap.Text("strategy"));
        Assert.True(swap.GetProperty("estimate").GetProperty("bytes").GetInt64() > 0);
        Assert.Equal(JsonValueKind.Null, swap.GetProperty("timings").GetProperty("unavailable_ms").ValueKind);

        await using SparrowServer tight = await SwapSetUp.TightAsync();
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
        await using SparrowServer server = await SwapSetUp.TightAsync();
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
    public async Task P_4_during_a_drain_swap_new_requests_wait_and_are_answered_by_the_new_revision()
    {
        await using SparrowServer server = await SwapSetUp.TightAsync();
        string? old = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        Task<JsonElement> running = server.CompleteAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
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
        }, tiny: SwapSetUp.LongContext);
        PoolEntry entry = server.Pool.Get("tiny");
        ServedModel model = entry.Active!;
        Task<HttpResponseMessage> running = server.SendAsync("tiny", maxTokens: SwapSetUp.LongAnswer);
        await server.RunsAsync("tiny", 1);
        Task<HttpResponseMessage> queued = server.SendAsync("tiny");
        await server.WaitsAsync("tiny", 1);

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
    public async Task P_3_after_a_failed_drain_swap_the_old_revision_is_loaded_again()
    {
        await using SparrowServer server = await SwapSetUp.TightAsync();
        JsonElement before = await server.CompleteAsync("tiny");
        RevisionRecord next = server.PublishOverflowing();
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id, strategy = "drain" });
        Assert.Equal("failed", swap.Text("status"));
        JsonElement after = await server.CompleteAsync("tiny");
        Assert.Equal(before.Text("system_fingerprint"), after.Text("system_fingerprint"));
        Assert.Equal(before.Answer(), after.Answer());
        Assert.Equal("loaded", await server.StatusAsync("tiny"));
    }
}
