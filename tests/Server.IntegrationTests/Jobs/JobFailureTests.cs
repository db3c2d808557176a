using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Loading;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Server.Jobs;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>What can go wrong while a job runs: the contract's code, and nothing half visible.</summary>
public sealed class JobFailureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_missed_gate_fails_the_job_and_keeps_what_was_made_for_inspection()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonObject body = JobClient.Small();
        body["evaluation"]!["max_perplexity_increase"] = -0.9;
        body["deploy"] = new JsonObject { ["mode"] = "none" };
        JsonElement job = await JobClient.RunAsync(server, body, "failed");
        JsonElement error = job.GetProperty("error");
        Assert.Equal("quality_gate", error.Text("code"));
        Assert.Equal("evaluation.max_perplexity_increase", error.Text("param"));
        Assert.Contains("perplexity went from", error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(3, job.GetProperty("result_files").GetArrayLength());
        Assert.True(job.GetProperty("report").GetProperty("perplexity_after").GetDouble() > 0);
        AssertNothingVisible(server, job);

        string folder = Path.Combine(server.Services.GetRequiredService<StorageRoot>().Jobs, job.Id());
        string kept = Path.Combine(folder, "artifact.partial", "artifact");
        using (Checkpoint artifact = Checkpoint.Open(kept))
        {
            Assert.Equal(2, artifact.Config.LayerCount);
        }

        Assert.Equal(200, (await JobClient.SendAsync(server, HttpMethod.Delete, $"{JobClient.Jobs}/{job.Id()}")).GetProperty("http_status").GetInt32());
        Assert.False(Directory.Exists(folder));
        (await JobClient.GetAsync(server, job.Id())).AssertError(404, "not_found");
        string report = job.GetProperty("result_files")[0].GetString()!;
        (await JobClient.SendAsync(server, HttpMethod.Get, $"/v1/files/{report}")).AssertError(404, "not_found");
    }

    [Fact]
    public async Task A_weight_that_is_no_number_after_compression_fails_the_job()
    {
        // The largest float has no place in 16 bits: stored so, it is infinite.
        using TinyModel model = TinyModel.Create();
        string weights = Directory.GetFiles(model.Folder, "*.safetensors").Single();
        SetWeight(weights, "model.layers.1.mlp.up_proj.weight", 1e30f);
        await using SparrowServer server = await SparrowServer.StartAsync(models: [$"tiny={model.Folder}"]);
        JsonObject body = JobClient.Small();
        body["method"]!["recipe"]!["steps"] = new JsonArray(new JsonObject { ["type"] = "prune", ["method"] = "magnitude", ["sparsity"] = 0.5 });
        body["method"]!["recipe"]!["output"] = new JsonObject { ["type"] = "f16" };
        JsonElement job = await JobClient.RunAsync(server, body, "failed");
        Assert.Equal("engine_error", job.GetProperty("error").Text("code"));
        Assert.Contains("model.layers.1.mlp.up_proj.weight", job.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Contains("not finite", job.GetProperty("error").Text("message"), StringComparison.Ordinal);
        AssertNothingVisible(server, job);
    }

    [Theory]
    [InlineData("full", "insufficient_storage")]
    [InlineData("memory", "insufficient_memory")]
    [InlineData("gone", "not_found")]
    [InlineData("bug", "internal_error")]
    public async Task What_the_machine_refuses_fails_the_job_and_the_next_one_runs(string fault, string code)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JobRunner runner = server.Services.GetRequiredService<JobRunner>();
        runner.Compress = (options, cancellation) => CompressionPipeline.Run(
            options with
            {
                Saved = block =>
                {
                    options.Saved!(block);
                    throw fault switch
                    {
                        // ENOSPC, as a write reports it.
                        "full" => new IOException("No space left on device", 28),
                        "memory" => new InsufficientMemoryException(),
                        "gone" => new FileNotFoundException("Could not find file 'model.safetensors'."),
                        _ => new InvalidOperationException("Unexpected."),
                    };
                },
            },
            cancellation);
        JsonElement job = await JobClient.RunAsync(server, JobClient.Small(), "failed");
        Assert.Equal(code, job.GetProperty("error").Text("code"));
        AssertNothingVisible(server, job);
        string scratch = server.Services.GetRequiredService<StorageRoot>().Jobs;
        await Eventually.BecomesTrueAsync(() => Task.FromResult(Directory.GetFileSystemEntries(scratch).Length == 0));
        using HttpResponseMessage answer = await Completion.PostAsync(server, "tiny", Cancellation);
        Assert.True(answer.IsSuccessStatusCode);

        runner.Compress = CompressionPipeline.Run;
        await JobClient.RunAsync(server, JobClient.Small());
    }

    [Fact]
    public async Task A_disk_without_room_for_the_job_is_found_before_it_queues()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Storage:ReserveBytes"] = "1024TiB" });
        JsonElement job = await JobClient.RunAsync(server, JobClient.Small(), "failed");
        Assert.Equal("insufficient_storage", job.GetProperty("error").Text("code"));
        AssertNothingVisible(server, job);
    }

    [Theory]
    [InlineData(-7200)]
    [InlineData(864_000)]
    public async Task A_clock_that_jumps_ends_no_job_before_it_began(int seconds)
    {
        JumpingClock clock = new();
        await using SparrowServer server = await SparrowServer.StartAsync(time: clock);
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        clock.Offset = TimeSpan.FromSeconds(seconds);
        hold.Release();
        JsonElement job = await JobClient.WaitAsync(server, id, "succeeded");
        Assert.True(job.GetProperty("created_at").GetInt64() <= job.GetProperty("started_at").GetInt64());
        Assert.True(job.GetProperty("started_at").GetInt64() <= job.GetProperty("finished_at").GetInt64());
        Assert.Equal(["validating_files", "queued", "running", "succeeded"], (await JobClient.EventsAsync(server, id))
            .Where(told => told.Text("type") == "state").Select(told => told.GetProperty("data").Text("status")));
    }

    private static void AssertNothingVisible(SparrowServer server, JsonElement job)
    {
        Assert.Equal(JsonValueKind.Null, job.GetProperty("revision").ValueKind);
        Assert.Equal(JsonValueKind.Null, job.GetProperty("compressed_model").ValueKind);
        Assert.Empty(server.Services.GetRequiredService<RevisionStore>().List());
        Assert.Empty(Directory.GetFileSystemEntries(server.Services.GetRequiredService<StorageRoot>().Revisions));
    }

    private static void SetWeight(string safetensors, string name, float value)
    {
        byte[] bytes = File.ReadAllBytes(safetensors);
        int headerBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, headerBytes));
        int offset = header.RootElement.GetProperty(name).GetProperty("data_offsets")[0].GetInt32();
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(8 + headerBytes + offset), value);
        File.WriteAllBytes(safetensors, bytes);
    }

    /// <summary>The system's clock, set by somebody; time that passes is not touched.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            set => Volatile.Write(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _offset));
    }
}
