using System.Net;
using System.Text.Json;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>M-1 to M-4.</summary>
public sealed class ModelListTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task M_1_the_list_holds_what_can_be_called_and_all_holds_what_failed_too()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        server.Add("loadable", 2);
        PoolEntry broken = server.Add("broken", 3);
        File.Delete(Path.Combine(server.Revisions().FolderOf(broken.Record.Active!), "config.json"));
        using HttpResponseMessage failed = await server.SendAsync("broken");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);

        Assert.Equal(["tiny", "loadable"], await NamesAsync(server, "/v1/models"));
        Assert.Equal(["tiny", "loadable", "broken"], await NamesAsync(server, "/v1/models?include=all"));
        (await server.GetAsync("/v1/models?include=some", HttpStatusCode.BadRequest)).AssertError("invalid_value");
        JsonElement model = await server.GetAsync("/v1/models/broken");
        Assert.Equal("failed", model.GetProperty("sparrow").Text("status"));
        Assert.Contains("config.json", model.GetProperty("sparrow").Text("failure"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task M_2_the_status_follows_the_model()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        PoolEntry entry = server.Add("other", 2);
        Assert.Equal("unloaded", await StatusAsync(server));
        entry.Enter(ModelStatus.Loading);
        entry.Progress = 0.25;
        JsonElement loading = (await server.GetAsync("/v1/models/other")).GetProperty("sparrow");
        Assert.Equal("loading", loading.Text("status"));
        Assert.Equal(0.25, loading.GetProperty("progress").GetDouble());
        entry.Enter(ModelStatus.Unloaded);
        await server.CompleteAsync("other");
        Assert.Equal("loaded", await StatusAsync(server));
        Task<HttpResponseMessage> running = server.SendAsync("other", maxTokens: 1000);
        await server.RunsAsync("other", 1, running);
        await server.PostAsync("/v1/pool/unload", new { model = "other" }, HttpStatusCode.Accepted);
        await Eventually.BecomesTrueAsync(async () => await StatusAsync(server) is "draining" or "unloaded");
        (await running).Dispose();
        await Eventually.BecomesTrueAsync(async () => await StatusAsync(server) == "unloaded");
    }

    [Fact]
    public async Task M_3_a_model_that_is_not_loaded_has_openais_members_and_what_is_known_without_loading()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        RevisionRecord revision = server.Publish("other", 2);
        server.Models().Register(revision);
        JsonElement model = await server.GetAsync("/v1/models/other");
        Assert.Equal("other", model.Text("id"));
        Assert.Equal("model", model.Text("object"));
        Assert.Equal("sparrow", model.Text("owned_by"));
        Assert.Equal(revision.CreatedAt, model.GetProperty("created").GetInt64());
        Assert.Equal(2048, model.GetProperty("max_model_len").GetInt32());
        JsonElement ours = model.GetProperty("sparrow");
        Assert.Equal(revision.Id, ours.Text("revision"));
        Assert.Equal(revision.LoadedBytes, ours.GetProperty("weights").GetProperty("bytes").GetInt64());
        Assert.Equal(JsonValueKind.Null, ours.GetProperty("kv_cache").ValueKind);
        Assert.Equal("unloaded", await server.StatusAsync("other"));
    }

    [Fact]
    public async Task M_4_quality_is_what_was_measured_or_null()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement before = (await server.GetAsync("/v1/models/tiny")).GetProperty("sparrow");
        Assert.Equal(JsonValueKind.Null, before.GetProperty("quality").GetProperty("perplexity").ValueKind);
        Assert.Equal(JsonValueKind.Null, before.GetProperty("previous_revision").ValueKind);
        RevisionRecord next = server.Publish("tiny", 2, quality: new RevisionQuality(6.91, 6.72, "file-x", 0.05));
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        JsonElement after = (await server.GetAsync("/v1/models/tiny")).GetProperty("sparrow");
        Assert.Equal(6.91, after.GetProperty("quality").GetProperty("perplexity").GetDouble());
        Assert.Equal(6.72, after.GetProperty("quality").GetProperty("baseline").GetDouble());
        Assert.Equal("file-x", after.GetProperty("quality").Text("dataset"));
        Assert.Equal(next.Id, after.Text("revision"));
        Assert.Equal(before.Text("revision"), after.Text("previous_revision"));
    }

    private static async Task<string?> StatusAsync(SparrowServer server) => (await server.GetAsync("/v1/models/other")).GetProperty("sparrow").Text("status");

    private static async Task<IEnumerable<string?>> NamesAsync(SparrowServer server, string path)
    {
        using JsonDocument list = JsonDocument.Parse(await server.Client.GetStringAsync(path, Cancellation));
        return list.RootElement.GetProperty("data").EnumerateArray().Select(model => model.Text("id")).ToList();
    }
}
