using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Runtime.Loading;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>The contract's rules on jobs by number; J-1 with kills is in the end-to-end tests, J-4 and J-6 have unit tests beside these.</summary>
public sealed class JobRuleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task J_1_a_job_goes_on_by_itself_after_a_restart_with_the_same_bytes()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 3 });
        using ScratchFolder data = new();
        string[] models = [$"tiny={model.Folder}"];
        Dictionary<string, string?> settings = new() { ["Storage:Root"] = data.Path };
        string id;
        IReadOnlyDictionary<string, string> undisturbed;
        await using (SparrowServer first = await SparrowServer.StartAsync(settings, models))
        {
            undisturbed = Artifact(first, await JobClient.RunAsync(first, JobClient.Small()));
            using JobHold hold = new(first);
            id = (await JobClient.CreateAsync(first, JobClient.Small())).Id();
            await hold.Reached;
            Assert.Equal("running", (await JobClient.GetAsync(first, id)).Text("status"));
        }

        await using SparrowServer second = await SparrowServer.StartAsync(settings, models);
        JsonElement job = await JobClient.WaitAsync(second, id, "succeeded");
        Assert.Equal(1, job.GetProperty("resumed").GetInt32());
        Assert.Equal(undisturbed, Artifact(second, job));
        JsonElement points = await JobClient.SendAsync(second, HttpMethod.Get, $"{JobClient.Jobs}/{id}/checkpoints?order=asc");
        Assert.Equal([1, 2, 3], points.GetProperty("data").EnumerateArray().Select(point => point.GetProperty("layer").GetInt32()));
    }

    [Theory]
    [InlineData("memory", "insufficient_memory", "resources.max_memory_bytes")]
    [InlineData("include", "invalid_value", "method.recipe.steps[0].include")]
    [InlineData("calibration", "invalid_value", "method.recipe.calibration.text")]
    [InlineData("shape", "unsupported_file_format", "source")]
    [InlineData("missing", "unsupported_file_format", "source")]
    [InlineData("damaged", "checksum_mismatch", "source.files")]
    [InlineData("gone", "not_found", "source.files")]
    public async Task J_2_what_cannot_work_fails_before_it_queues(string fault, string code, string param)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonObject body = JobClient.Small();
        switch (fault)
        {
            case "memory":
                body["resources"] = new JsonObject { ["max_memory_bytes"] = 100_000 };
                break;
            case "include":
                body["method"]!["recipe"]!["steps"]![0]!["include"] = new JsonArray("no.such.linear");
                break;
            case "calibration":
                body["calibration_file"] = (await UploadClient.PostFileAsync(server, "short.txt", "calibration", "Too short."u8.ToArray())).Id();
                break;
            default:
                body = await UploadedAsync(server, fault);
                break;
        }

        JsonElement created = await JobClient.CreateAsync(server, body);
        Assert.True(created.TryGetProperty("id", out _), created.ToString());
        JsonElement job = await JobClient.WaitAsync(server, created.Id(), "failed");
        Assert.Equal(code, job.GetProperty("error").Text("code"));
        Assert.Equal(param, job.GetProperty("error").Text("param"));
        Assert.Equal(JsonValueKind.Null, job.GetProperty("started_at").ValueKind);
        Assert.DoesNotContain((await JobClient.EventsAsync(server, created.Id())).Select(told => told.Text("message")), message => message!.Contains("queued", StringComparison.Ordinal));
        string scratch = server.Services.GetRequiredService<StorageRoot>().Jobs;
        await Eventually.BecomesTrueAsync(() => Task.FromResult(Directory.GetFileSystemEntries(scratch).Length == 0));
    }

    [Theory]
    [InlineData("""{"model":"nobody"}""", 404, "model_not_found", "model")]
    [InlineData("""{}""", 400, "missing_required_parameter", "model")]
    [InlineData("""{"model":"tiny","method":{"type":"preset","preset":"huge"}}""", 400, "invalid_value", "method.preset")]
    [InlineData("""{"model":"tiny","method":{"type":"target"}}""", 400, "unsupported_parameter", "method.type")]
    [InlineData("""{"model":"tiny","method":{"type":"recipe","recipe":{"steps":[{"type":"prune","method":"wanda","sparsity":2}]}}}""", 400, "invalid_value", "method.recipe.steps[0].sparsity")]
    [InlineData("""{"model":"tiny","method":{"type":"recipe","recipe":{"steps":[{"type":"quantise"}]}}}""", 400, "invalid_value", "method.recipe.steps[0].type")]
    [InlineData("""{"model":"tiny","method":{"type":"recipe","recipe":{"calibration":{"text":"/etc/passwd"},"steps":[{"type":"prune","method":"wanda","sparsity":0.5}]}}}""", 404, "not_found", "method.recipe")]
    [InlineData("""{"model":"tiny","calibration_file":"file-none"}""", 404, "not_found", "calibration_file")]
    [InlineData("""{"model":"tiny","training_file":"file-none"}""", 404, "not_found", "training_file")]
    [InlineData("""{"model":"new","source":{"files":[{"file_id":"file-none"}]}}""", 404, "not_found", "source.files[0].file_id")]
    [InlineData("""{"model":"tiny","deploy":{"mode":"maybe"}}""", 400, "invalid_value", "deploy.mode")]
    [InlineData("""{"model":"tiny","suffix":"../up"}""", 400, "invalid_value", "suffix")]
    [InlineData("""{"model":"tiny","metadata":{"a":1}}""", 400, "invalid_type", "metadata.a")]
    [InlineData("""{"model":"tiny","evaluation":{"perplexity":false,"max_perplexity_increase":0.1}}""", 400, "invalid_value", "evaluation.max_perplexity_increase")]
    public async Task J_2_a_wrong_request_is_refused_with_its_member(string body, int status, string code, string param)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement answer = await JobClient.CreateAsync(server, JsonNode.Parse(body)!.AsObject());
        answer.AssertError(status, code);
        Assert.Equal(param, answer.GetProperty("error").Text("param"));
        Assert.Empty((await JobClient.SendAsync(server, HttpMethod.Get, JobClient.Jobs)).GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task J_3_nothing_is_visible_before_it_is_whole()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        StorageRoot root = server.Services.GetRequiredService<StorageRoot>();
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        Assert.Empty(Directory.GetFileSystemEntries(root.Revisions));
        Assert.Empty(server.Services.GetRequiredService<RevisionStore>().List());
        Assert.Equal(JsonValueKind.Null, (await JobClient.GetAsync(server, id)).GetProperty("revision").ValueKind);
        hold.Release();
        JsonElement job = await JobClient.WaitAsync(server, id, "succeeded");
        Assert.Equal([job.Text("revision")!], Directory.GetDirectories(root.Revisions).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFileSystemEntries(root.Jobs));
    }

    [Fact]
    public async Task J_4_the_end_is_estimated_from_the_first_layer_on()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        JsonElement job = await JobClient.GetAsync(server, id);
        Assert.True(job.GetProperty("estimated_finish").GetInt64() > 0);
        JsonElement progress = job.GetProperty("progress");
        Assert.Equal(1, progress.GetProperty("layer").GetInt32());
        Assert.Equal(2, progress.GetProperty("layer_count").GetInt32());
        Assert.Equal(6, progress.GetProperty("step_count").GetInt32());
        double before = progress.GetProperty("fraction").GetDouble();
        Assert.InRange(before, 0.3, 0.7);
        hold.Release();
        await JobClient.WaitAsync(server, id, "succeeded");
    }

    [Theory]
    [InlineData("running")]
    [InlineData("paused")]
    public async Task J_5_cancel_takes_effect_within_5_seconds_and_frees_scratch(string state)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        StorageRoot root = server.Services.GetRequiredService<StorageRoot>();
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        if (state == "paused")
        {
            Assert.Equal("paused", (await ActAsync(server, id, "pause")).Text("status"));
        }

        Assert.NotEmpty(Directory.GetFileSystemEntries(root.Jobs));
        long start = TimeProvider.System.GetTimestamp();
        Assert.Equal("cancelled", (await ActAsync(server, id, "cancel")).Text("status"));
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
        Assert.Empty(Directory.GetFileSystemEntries(root.Jobs));
        Assert.Equal("cancelled", (await ActAsync(server, id, "cancel")).Text("status"));
        (await ActAsync(server, id, "resume")).AssertError(409, "invalid_state");
        (await ActAsync(server, id, "pause")).AssertError(409, "invalid_state");
    }

    [Fact]
    public async Task J_6_a_job_ends_while_requests_are_served_all_the_time_and_its_waits_are_counted()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { HiddenSize = 256, IntermediateSize = 512, LayerCount = 3 });
        await using SparrowServer server = await SparrowServer.StartAsync(models: [$"tiny={model.Folder}"]);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        bool isDone = false;
        Task load = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!Volatile.Read(ref isDone))
            {
                using HttpResponseMessage response = await Completion.PostAsync(server, "tiny", Cancellation, maxTokens: 64);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }));
        try
        {
            await JobClient.WaitAsync(server, id, "succeeded");
        }
        finally
        {
            Volatile.Write(ref isDone, true);
            await load;
        }

        string metrics = await server.Client.GetStringAsync("/metrics", Cancellation);
        string line = metrics.Split('\n').Single(line => line.StartsWith("sparrow_compression_yield_seconds_total ", StringComparison.Ordinal));
        Assert.True(double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) > 0, line);
    }

    [Fact]
    public async Task J_7_one_job_runs_at_a_time_and_the_queue_has_an_end()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Compression:MaxQueuedJobs"] = "2" });
        using JobHold hold = new(server);
        string first = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        string second = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        string third = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await JobClient.WaitAsync(server, third, "queued");
        using HttpResponseMessage refused = await server.Client.PostAsync(JobClient.Jobs, JsonContent.Create(JobClient.Small()), Cancellation);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
        Assert.Contains("queue_full", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal("queued", (await JobClient.GetAsync(server, second)).Text("status"));
        hold.Release();
        foreach (string id in new[] { first, second, third })
        {
            await JobClient.WaitAsync(server, id, "succeeded");
        }

        JsonElement[] jobs = [await JobClient.GetAsync(server, first), await JobClient.GetAsync(server, second), await JobClient.GetAsync(server, third)];
        Assert.True(jobs[0].GetProperty("finished_at").GetInt64() <= jobs[1].GetProperty("started_at").GetInt64());
        Assert.True(jobs[1].GetProperty("finished_at").GetInt64() <= jobs[2].GetProperty("started_at").GetInt64());
    }

    [Fact]
    public async Task J_8_the_report_holds_what_was_measured_here()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement report = (await JobClient.RunAsync(server, JobClient.Small())).GetProperty("report");
        foreach (string name in new[]
        {
            "bytes_before", "bytes_after", "bits_per_weight", "sparsity", "kv_bytes_per_token", "perplexity_before", "perplexity_after", "wall_seconds",
            "peak_memory_bytes", "tokens_per_second_before", "tokens_per_second_after",
        })
        {
            Assert.True(report.GetProperty(name).GetDouble() > 0, name);
        }

        bool isFaster = report.GetProperty("tokens_per_second_after").GetDouble() >= 1.05 * report.GetProperty("tokens_per_second_before").GetDouble();
        bool isSaid = report.GetProperty("notes").EnumerateArray().Any(note => note.GetString()!.Contains("brings no speed", StringComparison.Ordinal));
        Assert.NotEqual(isFaster, isSaid);
    }

    [Fact]
    public async Task J_9_the_same_input_gives_the_same_bytes_and_the_artifact_says_how()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement first = await JobClient.RunAsync(server, JobClient.Small());
        JsonElement second = await JobClient.RunAsync(server, JobClient.Small());
        Assert.NotEqual(first.Text("revision"), second.Text("revision"));
        Assert.Equal(Artifact(server, first), Artifact(server, second));
        string record = Path.Combine(server.Services.GetRequiredService<RevisionStore>().FolderOf(first.Text("revision")!), "sparrow.json");
        using JsonDocument artifact = JsonDocument.Parse(await File.ReadAllBytesAsync(record, Cancellation));
        JsonElement root = artifact.RootElement;
        Assert.Equal(7, root.GetProperty("seed").GetInt32());
        Assert.StartsWith("sparrow ", root.Text("tool"), StringComparison.Ordinal);
        Assert.Equal(64, root.Text("source_digest")!.Length);
        Assert.Equal(64, root.Text("calibration_digest")!.Length);
        Assert.Equal("calibration.txt", root.GetProperty("recipe").GetProperty("calibration").Text("text"));
        Assert.DoesNotContain(server.Services.GetRequiredService<StorageRoot>().Jobs, root.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task U_6_a_file_that_a_job_needs_cannot_be_deleted()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string text = string.Join(' ', Enumerable.Range(0, 3000).Select(i => $"word{i % 97}"));
        string file = (await UploadClient.PostFileAsync(server, "text.txt", "calibration", System.Text.Encoding.UTF8.GetBytes(text))).Id();
        JsonObject body = JobClient.Small();
        body["calibration_file"] = file;
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, body)).Id();
        await hold.Reached;
        (await JobClient.SendAsync(server, HttpMethod.Delete, $"/v1/files/{file}")).AssertError(409, "invalid_state");
        hold.Release();
        await JobClient.WaitAsync(server, id, "succeeded");
        Assert.Equal(200, (await JobClient.SendAsync(server, HttpMethod.Delete, $"/v1/files/{file}")).GetProperty("http_status").GetInt32());
    }

    [Fact]
    public async Task G_10_the_same_key_creates_one_job_and_another_body_is_a_conflict()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement first = await JobClient.CreateAsync(server, JobClient.Small(), key: "k1");
        JsonElement again = await JobClient.CreateAsync(server, JobClient.Small(), key: "k1");
        Assert.Equal(first.Id(), again.Id());
        JsonObject other = JobClient.Small();
        other["seed"] = 8;
        (await JobClient.CreateAsync(server, other, key: "k1")).AssertError(409, "idempotency_conflict");
        await JobClient.WaitAsync(server, first.Id(), "succeeded");
    }

    private static Task<JsonElement> ActAsync(SparrowServer server, string id, string action) =>
        JobClient.SendAsync(server, HttpMethod.Post, $"{JobClient.Jobs}/{id}/{action}");

    /// <summary>The tiny model as uploaded files, with something wrong.</summary>
    private static async Task<JsonObject> UploadedAsync(SparrowServer server, string fault)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Seed = 3 });
        JsonArray files = [];
        foreach (string path in Directory.GetFiles(model.Folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            byte[] bytes = await File.ReadAllBytesAsync(path, Cancellation);
            if (fault == "shape" && name == "config.json")
            {
                JsonObject config = JsonNode.Parse(bytes)!.AsObject();
                config["intermediate_size"] = 96;
                bytes = JsonSerializer.SerializeToUtf8Bytes(config);
            }

            if (fault == "missing" && name.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                continue;
            }

            string id = (await UploadClient.PostFileAsync(server, name, "model", bytes)).Id();
            string stored = Path.Combine(server.Services.GetRequiredService<StorageRoot>().Files, id);
            if (name.EndsWith(".safetensors", StringComparison.Ordinal) && fault == "damaged")
            {
                bytes[^5] ^= 1;
                await File.WriteAllBytesAsync(stored, bytes, Cancellation);
            }
            else if (name.EndsWith(".safetensors", StringComparison.Ordinal) && fault == "gone")
            {
                File.Delete(stored);
            }

            files.Add(new JsonObject { ["file_id"] = id, ["path"] = name });
        }

        JsonObject body = JobClient.Small("uploaded");
        body["source"] = new JsonObject { ["files"] = files };
        return body;
    }

    /// <summary>Digests of the files of a job's revision, but for the record of its publication.</summary>
    private static Dictionary<string, string> Artifact(SparrowServer server, JsonElement job)
    {
        string folder = server.Services.GetRequiredService<RevisionStore>().FolderOf(job.Text("revision")!);
        return Directory.GetFiles(folder).Where(path => Path.GetFileName(path) != "revision.json")
            .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
    }
}
