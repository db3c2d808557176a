using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

public sealed class JobTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_makes_a_revision_and_reports()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement created = await JobClient.CreateAsync(server, JobClient.Small());
        Assert.Equal(200, created.GetProperty("http_status").GetInt32());
        Assert.Equal("validating_files", created.Text("status"));
        Assert.Equal("compression.job", created.Text("object"));
        Assert.StartsWith("cmpjob-", created.Id(), StringComparison.Ordinal);

        JsonElement job = await JobClient.WaitAsync(server, created.Id(), "succeeded");
        Assert.Equal("tiny", job.Text("compressed_model"));
        Assert.Equal($"tiny@{job.Text("revision")}", job.Text("fine_tuned_model"));
        Assert.Equal(1, job.GetProperty("progress").GetProperty("fraction").GetDouble());
        Assert.True(job.GetProperty("started_at").GetInt64() <= job.GetProperty("finished_at").GetInt64());

        RevisionStore revisions = server.Services.GetRequiredService<RevisionStore>();
        RevisionRecord revision = revisions.Get(job.Text("revision")!);
        Assert.Equal(created.Id(), revision.JobId);
        Assert.NotNull(revision.Quality!.Perplexity);

        Dictionary<string, string> files = [];
        foreach (JsonElement id in job.GetProperty("result_files").EnumerateArray())
        {
            JsonElement file = await JobClient.SendAsync(server, HttpMethod.Get, $"/v1/files/{id.GetString()}");
            Assert.Equal("report", file.Text("purpose"));
            files[file.Text("filename")!] = await server.Client.GetStringAsync($"/v1/files/{id.GetString()}/content", Cancellation);
        }

        Assert.Equal(["layers.csv", "recipe.json", "report.json"], files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1 + (2 * 7), files["layers.csv"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(7, JsonNode.Parse(files["recipe.json"])!["seed"]!.GetValue<int>());
        Assert.NotNull(JsonNode.Parse(files["report.json"])!["summary"]!["perplexity_after"]);
    }
}
