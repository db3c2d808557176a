using System.ClientModel;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.FineTuning;
using Sparrow.Server.IntegrationTests.Storage;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

#pragma warning disable OPENAI001 // Fine-tuning is marked as experimental in the official client.

/// <summary>G-1: the official .NET client's fine-tuning drives compression.</summary>
public sealed class FineTuningClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_official_client_creates_follows_and_lists_jobs()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string file = (await UploadClient.PostFileAsync(
            server, "train.jsonl", "fine-tune", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"messages\":[{\"role\":\"user\",\"content\":\"How far is it to the harbour?\"}]}\n", 200))))).Id();
        FineTuningClient client = Client(server);
        FineTuningJob created = await client.FineTuneAsync(Body(file, "small"), waitUntilCompleted: false, options: null);
        Assert.StartsWith("cmpjob-", created.JobId, StringComparison.Ordinal);

        FineTuningJob job = await client.GetJobAsync(created.JobId, Cancellation);
        while (!job.Status.ToString().Equals("succeeded", StringComparison.OrdinalIgnoreCase))
        {
            Assert.DoesNotContain(job.Status.ToString(), (string[])["failed", "cancelled"]);
            await Task.Delay(20, Cancellation);
            await job.UpdateStatusAsync(Cancellation);
            job = await client.GetJobAsync(created.JobId, Cancellation);
        }

        JsonElement raw = await JobClient.SendAsync(server, HttpMethod.Get, $"/v1/fine_tuning/jobs/{job.JobId}");
        Assert.Equal("fine_tuning.job", raw.Text("object"));
        Assert.Equal(file, raw.Text("training_file"));
        Assert.StartsWith("tiny-small@rev_", raw.Text("fine_tuned_model"), StringComparison.Ordinal);
        Assert.Equal("tiny", job.BaseModel);

        List<string> listed = [];
        await foreach (FineTuningJob item in client.GetJobsAsync(cancellationToken: Cancellation))
        {
            listed.Add(item.JobId);
        }

        Assert.Equal([job.JobId], listed);
        List<string> events = [];
        await foreach (FineTuningEvent told in job.GetEventsAsync(new GetEventsOptions(), Cancellation))
        {
            events.Add(told.Message);
        }

        Assert.Contains("The job is succeeded.", events);
        List<int> steps = [];
        await foreach (FineTuningCheckpoint point in job.GetCheckpointsAsync(new GetCheckpointsOptions(), Cancellation))
        {
            steps.Add(point.StepNumber);
        }

        Assert.Equal([2, 1], steps);
    }

    [Fact]
    public async Task The_official_client_cancels_a_job()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using JobHold hold = new(server);
        FineTuningJob job = await Client(server).FineTuneAsync(Body(null, null), waitUntilCompleted: false, options: null);
        await hold.Reached;
        await job.CancelAndUpdateAsync(Cancellation);
        Assert.Equal("cancelled", job.Status.ToString(), ignoreCase: true);
        Assert.Equal("cancelled", (await JobClient.GetAsync(server, job.JobId)).Text("status"));
    }

    private static FineTuningClient Client(SparrowServer server) => new OpenAIClient(
        new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new Uri(server.Address, "/v1") }).GetFineTuningClient();

    private static BinaryContent Body(string? file, string? suffix) => BinaryContent.CreateJson(new
    {
        model = "tiny",
        training_file = file,
        suffix,
        seed = 7,
        hyperparameters = new { n_epochs = "auto" },
        evaluation = new { perplexity = false },
        method = new
        {
            type = "recipe",
            recipe = new
            {
                calibration = new { samples = 4, length = 64 },
                steps = new object[] { new { type = "prune", method = "wanda", sparsity = 0.5 } },
            },
        },
    });
}
