using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Server.IntegrationTests.Storage;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>The contract's section 9.3 and 9.4.</summary>
public sealed class JobEventTests
{
    [Fact]
    public async Task A_reader_that_was_cut_off_goes_on_without_loss_and_the_end_is_marked()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Streaming:KeepAliveSeconds"] = "0.05" });
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        (IReadOnlyList<(string? Id, JsonElement Event)> first, bool isDone) = await JobClient.StreamAsync(server, id, most: 8);
        Assert.False(isDone);
        Assert.Contains(first, frame => frame.Event.Text("type") == "heartbeat");
        Assert.All(first, frame => Assert.Equal(frame.Event.Text("type") == "heartbeat" ? null : frame.Event.Id(), frame.Id));
        Assert.All(first, frame => Assert.Equal("compression.job.event", frame.Event.Text("object")));

        hold.Release();
        string seen = first.Last(frame => frame.Id is not null).Id!;
        (IReadOnlyList<(string? Id, JsonElement Event)> rest, isDone) = await JobClient.StreamAsync(server, id, seen);
        Assert.True(isDone);
        Assert.Equal("succeeded", rest[^1].Event.GetProperty("data").Text("status"));
        string[] streamed = [.. first.Concat(rest).Where(frame => frame.Id is not null).Select(frame => frame.Id!)];
        Assert.Equal((await JobClient.EventsAsync(server, id)).Select(told => told.Id()), streamed);

        (IReadOnlyList<(string? Id, JsonElement Event)> again, isDone) = await JobClient.StreamAsync(server, id);
        Assert.True(isDone);
        Assert.Equal(streamed, again.Select(frame => frame.Id!));
    }

    [Fact]
    public async Task Events_tell_of_states_layers_and_the_built_in_text()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string id = (await JobClient.RunAsync(server, JobClient.Small())).Id();
        IReadOnlyList<JsonElement> events = await JobClient.EventsAsync(server, id);
        Assert.Equal(["validating_files", "queued", "running", "succeeded"], events.Where(told => told.Text("type") == "state").Select(told => told.GetProperty("data").Text("status")));
        Assert.Equal([1, 2], events.Where(told => told.Text("type") == "metrics").Select(told => told.GetProperty("data").GetProperty("layer").GetInt32()));
        Assert.Contains(events, told => told.Text("level") == "warn" && told.Text("message")!.Contains("built-in text", StringComparison.Ordinal));

        JsonElement page = await JobClient.SendAsync(server, HttpMethod.Get, $"{JobClient.Jobs}/{id}/events?limit=2");
        Assert.True(page.GetProperty("has_more").GetBoolean());
        Assert.Equal("succeeded", page.GetProperty("data")[0].GetProperty("data").Text("status"));
        JsonElement next = await JobClient.SendAsync(server, HttpMethod.Get, $"{JobClient.Jobs}/{id}/events?limit=1000&after={page.Text("last_id")}");
        Assert.Equal(events.Count - 2, next.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Jobs_are_listed_by_state_and_metadata()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonObject marked = JobClient.Small();
        marked["metadata"] = new JsonObject { ["ticket"] = "123" };
        string first = (await JobClient.RunAsync(server, marked)).Id();
        string second = (await JobClient.RunAsync(server, JobClient.Small())).Id();
        Assert.Equal([second, first], await ListAsync(""));
        Assert.Equal([first], await ListAsync("?metadata[ticket]=123"));
        Assert.Empty(await ListAsync("?metadata[ticket]=1"));
        Assert.Equal([second, first], await ListAsync("?status=succeeded"));
        Assert.Empty(await ListAsync("?status=failed"));
        Assert.Equal([first], await ListAsync($"?after={second}"));
        (await JobClient.SendAsync(server, HttpMethod.Get, $"{JobClient.Jobs}?status=done")).AssertError(400, "invalid_value");

        async Task<IEnumerable<string>> ListAsync(string query)
        {
            JsonElement page = await JobClient.SendAsync(server, HttpMethod.Get, JobClient.Jobs + query);
            return page.GetProperty("data").EnumerateArray().Select(job => job.Id());
        }
    }

    [Fact]
    public async Task A_paused_job_waits_and_then_ends_with_the_same_report()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement undisturbed = await JobClient.RunAsync(server, JobClient.Small());
        using JobHold hold = new(server);
        string id = (await JobClient.CreateAsync(server, JobClient.Small())).Id();
        await hold.Reached;
        Assert.Equal("paused", (await ActAsync("pause")).Text("status"));
        Assert.Equal("paused", (await ActAsync("pause")).Text("status"));
        (await JobClient.SendAsync(server, HttpMethod.Delete, $"{JobClient.Jobs}/{id}")).AssertError(409, "invalid_state");
        hold.Release();
        Assert.Contains((await ActAsync("resume")).Text("status"), (string[])["queued", "running"]);
        JsonElement job = await JobClient.WaitAsync(server, id, "succeeded");
        Assert.Equal(0, job.GetProperty("resumed").GetInt32());
        Assert.Equal(undisturbed.GetProperty("report").GetProperty("perplexity_after").GetDouble(), job.GetProperty("report").GetProperty("perplexity_after").GetDouble());
        (await ActAsync("resume")).AssertError(409, "invalid_state");
        (await ActAsync("cancel")).AssertError(409, "invalid_state");

        Task<JsonElement> ActAsync(string action) => JobClient.SendAsync(server, HttpMethod.Post, $"{JobClient.Jobs}/{id}/{action}");
    }

    [Fact]
    public async Task An_estimate_changes_nothing_and_the_schema_is_the_command_lines()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement estimate = await JobClient.CreateAsync(server, JobClient.Small(), "/v1/compression/estimates");
        foreach (string name in new[] { "peak_memory_bytes", "disk_bytes", "output_bytes", "kv_bytes_per_token", "seconds" })
        {
            Assert.True(estimate.GetProperty(name).GetDouble() > 0, name);
        }

        Assert.True(estimate.GetProperty("fits").GetBoolean());
        Assert.Empty((await JobClient.SendAsync(server, HttpMethod.Get, JobClient.Jobs)).GetProperty("data").EnumerateArray());

        JsonElement schemes = await JobClient.SendAsync(server, HttpMethod.Get, "/v1/compression/schemes");
        Assert.Equal(Sparrow.Compression.Recipes.RecipeSchema.Create().ToJsonString(), JsonNode.Parse(schemes.GetProperty("recipe_schema").GetRawText())!.ToJsonString());
        Assert.Contains("gptq", schemes.GetProperty("output_formats").EnumerateArray().Select(format => format.GetString()));
        Assert.Contains("kv16", schemes.GetProperty("kv_profiles").EnumerateArray().Select(profile => profile.GetString()));
        Assert.Equal(["balanced", "fast", "small"], schemes.GetProperty("presets").EnumerateArray().Select(preset => preset.Text("name")!));
    }

    [Theory]
    [InlineData("fast")]
    [InlineData("balanced")]
    public async Task Presets_run_on_the_built_in_text(string preset)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement job = await JobClient.RunAsync(server, new JsonObject
        {
            ["model"] = "tiny",
            ["method"] = new JsonObject { ["type"] = "preset", ["preset"] = preset },
            ["evaluation"] = new JsonObject { ["window"] = 64, ["max_windows"] = 2 },
        });
        Assert.True(job.GetProperty("report").GetProperty("bits_per_weight").GetDouble() < 32);
    }

    [Fact]
    public async Task Series_of_jobs_stand_in_the_metrics()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        await JobClient.RunAsync(server, JobClient.Small());
        string text = await server.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("sparrow_compression_jobs_total{result=\"succeeded\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("sparrow_compression_jobs_total{result=\"failed\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("sparrow_compression_resumes_total 0\n", text, StringComparison.Ordinal);
        Assert.Contains("sparrow_compression_jobs{status=\"running\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("sparrow_compression_step_seconds_count{step=\"prune wanda\"} ", text, StringComparison.Ordinal);
        Assert.Contains("sparrow_compression_yield_seconds_total ", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE sparrow_compression_progress_ratio gauge", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE sparrow_compression_layer gauge", text, StringComparison.Ordinal);
    }
}
