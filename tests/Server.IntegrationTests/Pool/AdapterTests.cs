using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-11: adapters beside a model, as callers see them.</summary>
public sealed class AdapterTests : IDisposable
{
    private static readonly RandomCheckpointOptions s_shape = new() { ContextLength = 4096 };

    private readonly TinyModel _tiny = TinyModel.Create(s_shape);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P_11_two_adapters_and_their_base_answer_in_one_batch_as_they_do_alone()
    {
        await using SparrowServer server = await StartAsync();
        string[] models = ["tiny", "tiny:a", "tiny:b"];
        List<JsonElement> alone = [];
        foreach (string model in models)
        {
            alone.Add(await CompleteAsync(server, model));
        }

        Task<JsonElement>[] running = [.. models.Select(model => CompleteAsync(server, model))];
        await Eventually.BecomesTrueAsync(() => Task.FromResult(server.Pool.Resolve("tiny").Engine.Snapshot.RunningSequences == models.Length));
        JsonElement[] together = await Task.WhenAll(running);
        for (int i = 0; i < models.Length; i++)
        {
            Assert.Equal(models[i], together[i].Text("model"));
            Assert.Equal(alone[i].Text("system_fingerprint"), together[i].Text("system_fingerprint"));
            Assert.Equal(alone[i].GetProperty("choices").GetRawText(), together[i].GetProperty("choices").GetRawText());
        }

        Assert.Equal(models.Length, together.Select(answer => answer.Answer()).Distinct().Count());
        Assert.Equal(models.Length, together.Select(answer => answer.Text("system_fingerprint")).Distinct().Count());
    }

    [Fact]
    public async Task P_11_an_adapter_is_listed_with_its_base_as_parent_and_found_by_its_names()
    {
        await using SparrowServer server = await StartAsync();
        JsonElement[] models = [.. (await server.GetAsync("/v1/models")).GetProperty("data").EnumerateArray()];
        Assert.Equal(["tiny", "tiny:a", "tiny:b"], models.Select(model => model.Text("id")));
        Assert.Equal([null, "tiny", "tiny"], models.Select(model => model.Text("parent")));
        Assert.All(models, model => Assert.Equal("tiny", model.Text("root")));
        JsonElement shown = (await server.GetAsync("/v1/models/tiny:b")).GetProperty("sparrow");
        Assert.Equal("loaded", shown.Text("status"));
        Assert.Equal(4, shown.GetProperty("adapter").GetProperty("rank").GetInt32());
        Assert.Equal(14, shown.GetProperty("adapter").GetProperty("linears").GetInt32());

        string revision = shown.Text("revision")!;
        string? answer = (await server.CompleteAsync("tiny:b")).Answer();
        foreach (string name in new[] { $"tiny:b@{revision}", "b" })
        {
            using HttpResponseMessage response = await server.SendAsync(name);
            JsonElement completion = await PoolClient.ReadAsync(response, HttpStatusCode.OK);
            Assert.Equal(("tiny:b", answer), (completion.Text("model"), completion.Answer()));
            Assert.Equal($"tiny:b@{revision}", response.Headers.GetValues("x-sparrow-model").Single());
        }

        foreach (string name in new[] { "tiny:c", "c", "other:a", "tiny:a@rev_none", "tiny:" })
        {
            using HttpResponseMessage response = await server.SendAsync(name);
            (await PoolClient.ReadAsync(response, HttpStatusCode.NotFound)).AssertError("model_not_found");
        }

        (await server.GetAsync("/v1/models/tiny:c", HttpStatusCode.NotFound)).AssertError("model_not_found");
        JsonElement tokens = await server.PostAsync("/tokenize", new { model = "tiny:a", prompt = "Hello" }, HttpStatusCode.OK);
        Assert.True(tokens.GetProperty("count").GetInt32() > 0);
    }

    [Fact]
    public async Task P_11_chunks_of_a_stream_name_the_adapter()
    {
        await using SparrowServer server = await StartAsync();
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "tiny:a", messages = new[] { new { role = "user", content = "Hi" } }, max_tokens = 4, stream = true }, Cancellation);
        string[] events = (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", events[^1]);
        Assert.All(events[..^1], one => Assert.Contains("\"model\":\"tiny:a\"", one, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_6_adapters_share_no_cached_prompts_with_each_other_or_their_base()
    {
        await using SparrowServer server = await StartAsync();
        string prompt = string.Concat(Enumerable.Repeat("all work and no play ", 20));
        foreach (string model in new[] { "tiny", "tiny:a", "tiny:b" })
        {
            Assert.Equal(0, Cached(await server.CompleteAsync(model, prompt)));
        }

        foreach (string model in new[] { "tiny:b", "tiny", "tiny:a" })
        {
            Assert.True(Cached(await server.CompleteAsync(model, prompt)) >= 64);
        }

        static int Cached(JsonElement answer) =>
            answer.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
    }

    [Fact]
    public async Task P_11_after_a_swap_an_adapter_goes_on_where_it_fits_and_fails_with_the_reason_where_it_does_not()
    {
        await using SparrowServer server = await StartAsync();
        JsonElement before = await server.CompleteAsync("tiny:a");
        await SwapAsync(server, server.Publish("tiny", seed: 7, s_shape).Id);
        JsonElement fits = await server.CompleteAsync("tiny:a");
        Assert.NotEqual(before.Text("system_fingerprint"), fits.Text("system_fingerprint"));
        Assert.NotEqual((await server.CompleteAsync("tiny")).Answer(), fits.Answer());

        await SwapAsync(server, server.Publish("tiny", seed: 8, s_shape with { HiddenSize = 32 }).Id);
        await server.CompleteAsync("tiny");
        using HttpResponseMessage refused = await server.SendAsync("tiny:a");
        JsonElement answer = await PoolClient.ReadAsync(refused, HttpStatusCode.ServiceUnavailable);
        answer.AssertError("model_failed");
        Assert.Contains("lora_A.weight': the adapter was made for a model of another shape; expected [4, 32]; found [4, 64]", answer.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Equal("false", refused.Headers.GetValues("x-should-retry").Single());
        Assert.Equal(["tiny"], (await server.GetAsync("/v1/models")).GetProperty("data").EnumerateArray().Select(model => model.Text("id")));
        Assert.Equal("failed", (await server.GetAsync("/v1/models/tiny:a")).GetProperty("sparrow").Text("status"));

        await SwapAsync(server, "previous");
        Assert.Equal(fits.Answer(), (await server.CompleteAsync("tiny:a")).Answer());
    }

    [Fact]
    public async Task P_11_a_waiting_request_is_told_where_the_next_revision_does_not_take_its_adapter()
    {
        await using SparrowServer server = await StartAsync(("Scheduler:MaxRunning", "1"));
        string next = server.Publish("tiny", seed: 8, s_shape with { HiddenSize = 32 }).Id;
        await SwapAsync(server, next);
        await SwapAsync(server, "previous");
        Task<JsonElement> running = server.CompleteAsync("tiny:a", maxTokens: 4000);
        await server.RunsAsync("tiny", 1);
        Task<HttpResponseMessage> waiting = server.SendAsync("tiny:a");
        await server.WaitsAsync("tiny", 1);
        await SwapAsync(server, next);
        using HttpResponseMessage refused = await waiting;
        (await PoolClient.ReadAsync(refused, HttpStatusCode.ServiceUnavailable)).AssertError("model_failed");
        await running;
    }

    [Fact]
    public async Task P_11_bytes_of_adapters_count_against_the_budget()
    {
        await using SparrowServer server = await StartAsync();
        JsonElement model = await server.PoolModelAsync("tiny");
        long bytes = model.GetProperty("revisions")[0].GetProperty("adapter_bytes").GetInt64();
        Assert.Equal(server.Pool.Resolve("tiny").Model.Adapters.Sum(adapter => adapter.Bytes), bytes);
        Assert.True(bytes > 0);
        Assert.Equal(server.Memory().Used, model.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task P_11_an_adapter_of_the_command_line_that_does_not_fit_ends_the_start()
    {
        using TinyModel other = TinyModel.Create(s_shape with { HiddenSize = 32 });
        string folder = TinyAdapter.Write(Path.Combine(other.Folder, "a"), other.Folder);
        await using SparrowServer server = await SparrowServer.ListenAsync(models: [$"tiny={_tiny.Folder}"], adapters: [$"tiny:a={folder}"]);
        CheckpointException error = await Assert.ThrowsAsync<CheckpointException>(
            () => server.Services.GetRequiredService<ModelStartup>().Finished.WaitAsync(TimeSpan.FromMinutes(1), Cancellation));
        Assert.Contains(Path.Combine(folder, "adapter_model.safetensors"), error.Message, StringComparison.Ordinal);
        Assert.Contains("expected [4, 64]; found [4, 32]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no model 'big'", "big:a=folder")]
    [InlineData("two adapters of 'tiny'", "tiny:a=one", "a=two")]
    public async Task P_11_adapters_without_a_model_or_of_one_name_are_refused_before_the_start(string message, params string[] adapters)
    {
        SettingsException error = await Assert.ThrowsAsync<SettingsException>(() => SparrowServer.ListenAsync(models: [$"tiny={_tiny.Folder}"], adapters: adapters));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _tiny.Dispose();

    private Task<SparrowServer> StartAsync(params (string Key, string Value)[] settings) => SparrowServer.StartAsync(
        settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value),
        [$"tiny={_tiny.Folder}"],
        adapters:
        [
            $"tiny:a={TinyAdapter.Write(Path.Combine(_tiny.Folder, "a"), _tiny.Folder, seed: 1)}",
            $"b={TinyAdapter.Write(Path.Combine(_tiny.Folder, "b"), _tiny.Folder, seed: 2)}",
        ]);

    private static async Task SwapAsync(SparrowServer server, string revision) =>
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision })).Text("status"));

    // Long enough that all of them surely run at once.
    private static async Task<JsonElement> CompleteAsync(SparrowServer server, string model)
    {
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(
            "/v1/completions",
            new { model, prompt = "Hello", max_tokens = 1500, temperature = 0, ignore_eos = true, logprobs = 2 },
            Cancellation);
        return await PoolClient.ReadAsync(response, HttpStatusCode.OK);
    }
}
