using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>From upload to an answer of the compressed model.</summary>
public sealed class JobDeploymentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_uploaded_model_is_compressed_and_answers_under_its_name(bool asArchive)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonObject body = JobClient.Small("mine");
        body["source"] = new JsonObject { ["files"] = asArchive ? await TarAsync(server) : await FilesAsync(server) };
        body["suffix"] = "small";
        body["deploy"] = new JsonObject { ["mode"] = "swap" };
        JsonElement job = await JobClient.RunAsync(server, body);
        Assert.Equal("mine-small", job.Text("compressed_model"));
        using HttpResponseMessage answer = await Completion.PostAsync(server, "mine-small", Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal($"mine-small@{job.Text("revision")}", answer.Headers.GetValues("x-sparrow-model").Single());
        using HttpResponseMessage exact = await Completion.PostAsync(server, $"mine-small@{job.Text("revision")}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, exact.StatusCode);
    }

    [Theory]
    [InlineData("none", false, false)]
    [InlineData("load", true, false)]
    [InlineData("swap", true, true)]
    public async Task A_revision_is_put_to_work_as_far_as_was_asked(string mode, bool isLoaded, bool isActive)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string before = server.Pool.Get("tiny").Active!.Revision;
        JsonObject body = JobClient.Small();
        body["deploy"] = new JsonObject { ["mode"] = mode };
        JsonElement job = await JobClient.RunAsync(server, body);
        PoolEntry entry = server.Pool.Get("tiny");
        Assert.Equal(isLoaded, entry.InMemory.Any(model => model.Revision == job.Text("revision")));
        using HttpResponseMessage answer = await Completion.PostAsync(server, "tiny", Cancellation);
        Assert.Equal($"tiny@{(isActive ? job.Text("revision") : before)}", answer.Headers.GetValues("x-sparrow-model").Single());

        // The next job begins from what is active now.
        JsonElement next = await JobClient.RunAsync(server, JobClient.Small());
        Assert.Equal(isActive ? job.Text("revision") : before, Parent(server, next));
    }

    [Fact]
    public async Task A_missed_gate_swaps_nothing()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string before = server.Pool.Get("tiny").Active!.Revision;
        JsonObject body = JobClient.Small();
        body["deploy"] = new JsonObject { ["mode"] = "swap" };
        body["evaluation"]!["max_perplexity_increase"] = -0.9;
        JsonElement job = await JobClient.RunAsync(server, body, "failed");
        Assert.Equal("quality_gate", job.GetProperty("error").Text("code"));
        Assert.Equal(before, server.Pool.Get("tiny").Active!.Revision);
        Assert.Empty((await JobClient.SendAsync(server, HttpMethod.Get, "/v1/swaps")).GetProperty("data").EnumerateArray());
    }

    private static string? Parent(SparrowServer server, JsonElement job) =>
        server.Services.GetRequiredService<Sparrow.Server.Storage.Revisions.RevisionStore>().Get(job.Text("revision")!).Parent;

    private static async Task<JsonArray> FilesAsync(SparrowServer server)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Seed = 5 });
        JsonArray files = [];
        foreach (string path in Directory.GetFiles(model.Folder))
        {
            string id = (await UploadClient.PostFileAsync(server, Path.GetFileName(path), "model", await File.ReadAllBytesAsync(path, Cancellation))).Id();
            files.Add(new JsonObject { ["file_id"] = id });
        }

        return files;
    }

    private static async Task<JsonArray> TarAsync(SparrowServer server)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Seed = 5 });
        using MemoryStream tar = new();
        await System.Formats.Tar.TarFile.CreateFromDirectoryAsync(model.Folder, tar, includeBaseDirectory: true, Cancellation);
        return [new JsonObject { ["file_id"] = (await UploadClient.PostFileAsync(server, "model.tar", "model", tar.ToArray())).Id() }];
    }
}
