using System.Net;
using System.Text.Json;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>Models and revisions made of uploaded files, and deleted again (C §2).</summary>
public sealed class ModelImportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Uploaded_files_become_a_model_that_can_be_called_and_removed()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using TinyModel model = TinyModel.Create();
        object[] parts = await UploadAsync(server, model.Folder);
        JsonElement begun = await server.PostAsync("/v1/models", new { model = "org/new", source = new { files = parts } }, HttpStatusCode.Accepted);
        Assert.Equal("org/new", begun.Text("id"));

        // A call waits for the import as it would for a load.
        JsonElement answer = await server.CompleteAsync("org/new");
        Assert.Equal((await server.CompleteAsync("tiny")).Answer(), answer.Answer());

        // A second import is a further revision, not active.
        await server.PostAsync("/v1/models", new { model = "org/new", source = new { files = parts } }, HttpStatusCode.Accepted);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(server.Revisions().List("org/new").Count == 2));
        JsonElement list = await server.GetAsync("/v1/revisions?model=org/new&order=asc");
        JsonElement[] revisions = [.. list.GetProperty("data").EnumerateArray()];
        Assert.Equal([true, false], revisions.Select(revision => revision.GetProperty("active").GetBoolean()));
        Assert.Contains("config.json", revisions[0].GetProperty("files").EnumerateObject().Select(file => file.Name));

        (await DeleteAsync(server, $"/v1/revisions/{revisions[0].Text("id")}", HttpStatusCode.Conflict)).AssertError("model_in_use");
        await DeleteAsync(server, $"/v1/revisions/{revisions[1].Text("id")}", HttpStatusCode.OK);
        (await server.GetAsync($"/v1/revisions/{revisions[1].Text("id")}", HttpStatusCode.NotFound)).AssertError("not_found");

        (await DeleteAsync(server, "/v1/models/org%2Fnew", HttpStatusCode.Conflict)).AssertError("model_in_use");
        await server.PostAsync("/v1/pool/unload", new { model = "org/new" }, HttpStatusCode.Accepted);
        await Eventually.BecomesTrueAsync(async () => await server.StatusAsync("org/new") == "unloaded");
        Assert.True((await DeleteAsync(server, "/v1/models/org%2Fnew", HttpStatusCode.OK)).GetProperty("deleted").GetBoolean());
        Assert.Empty(server.Revisions().List("org/new"));
        using HttpResponseMessage gone = await server.SendAsync("org/new");
        (await PoolClient.ReadAsync(gone, HttpStatusCode.NotFound)).AssertError("model_not_found");
        (await DeleteAsync(server, "/v1/models/tiny", HttpStatusCode.Conflict)).AssertError("model_in_use");
    }

    [Fact]
    public async Task Files_that_make_no_model_leave_nothing_behind()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using TinyModel model = TinyModel.Create();
        object[] parts = [.. (await UploadAsync(server, model.Folder)).Take(1)];
        await server.PostAsync("/v1/models", new { model = "half", source = new { files = parts } }, HttpStatusCode.Accepted);
        await Eventually.BecomesTrueAsync(async () => (await server.Client.GetAsync("/v1/models/half", Cancellation)).StatusCode == HttpStatusCode.NotFound);
        Assert.Empty(server.Revisions().List());
        Assert.Empty(Directory.EnumerateDirectories(Path.GetDirectoryName(server.Revisions().FolderOf("rev_x"))!));

        (await server.PostAsync("/v1/models", new { model = "a@b", source = new { files = parts } }, HttpStatusCode.BadRequest)).AssertError("invalid_value");
        (await server.PostAsync("/v1/models", new { model = "none" }, HttpStatusCode.BadRequest)).AssertError("missing_required_parameter");
    }

    [Fact]
    public async Task A_kept_revision_can_be_deleted_and_is_no_previous_one_any_more()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        RevisionRecord first = server.Publish("tiny", 2);
        RevisionRecord second = server.Publish("tiny", 3);
        await server.SwapAsync(new { model = "tiny", revision = first.Id });
        await server.SwapAsync(new { model = "tiny", revision = second.Id });
        Assert.True((await server.GetAsync($"/v1/revisions/{first.Id}")).GetProperty("in_memory").GetBoolean());
        await DeleteAsync(server, $"/v1/revisions/{first.Id}", HttpStatusCode.OK);
        (await server.BeginSwapAsync(new { model = "tiny", revision = "previous" }, HttpStatusCode.Conflict)).AssertError("invalid_state");
        Assert.Single((await server.PoolModelAsync("tiny")).GetProperty("revisions").EnumerateArray());
    }

    private static async Task<object[]> UploadAsync(SparrowServer server, string folder)
    {
        List<object> parts = [];
        foreach (string path in Directory.EnumerateFiles(folder).Order())
        {
            string name = Path.GetFileName(path);
            JsonElement file = await UploadClient.PostFileAsync(server, name, "model", await File.ReadAllBytesAsync(path, Cancellation));
            parts.Add(new { file_id = file.Id(), path = name });
        }

        return [.. parts];
    }

    private static async Task<JsonElement> DeleteAsync(SparrowServer server, string path, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await server.Client.DeleteAsync(path, Cancellation);
        return await PoolClient.ReadAsync(response, expected);
    }
}
