using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hosting.Swaps;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>The calls of the contract's section 10 over HTTP, and revisions of tiny models made on the spot.</summary>
internal static class PoolClient
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static PoolService Models(this SparrowServer server) => server.Services.GetRequiredService<PoolService>();

    public static RevisionStore Revisions(this SparrowServer server) => server.Services.GetRequiredService<RevisionStore>();

    public static PoolMemory Memory(this SparrowServer server) => server.Services.GetRequiredService<PoolMemory>();

    /// <summary>A stored revision of a tiny model; other seeds give other weights.</summary>
    public static RevisionRecord Publish(
        this SparrowServer server, string model, ulong seed, RandomCheckpointOptions? options = null, RevisionQuality? quality = null)
    {
        RevisionStore revisions = server.Revisions();
        string folder = revisions.NewStagingFolder();
        RandomCheckpoint.Write(folder, (options ?? new RandomCheckpointOptions()) with { Seed = seed });
        return revisions.Publish(new NewRevision(model, folder) { Quality = quality });
    }

    /// <summary>A stored model that can be called by its name.</summary>
    public static PoolEntry Add(this SparrowServer server, string model, ulong seed, RandomCheckpointOptions? options = null) =>
        server.Models().Register(server.Publish(model, seed, options));

    /// <summary>Begins a swap and gives it back as it was answered.</summary>
    public static async Task<JsonElement> BeginSwapAsync(this SparrowServer server, object body, HttpStatusCode expected = HttpStatusCode.Accepted)
    {
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync("/v1/swaps", body, Cancellation);
        return await ReadAsync(response, expected);
    }

    /// <summary>A swap from its call to its end.</summary>
    public static async Task<JsonElement> SwapAsync(this SparrowServer server, object body)
    {
        JsonElement begun = await server.BeginSwapAsync(body);
        return await server.EndOfSwapAsync(begun);
    }

    public static async Task<JsonElement> EndOfSwapAsync(this SparrowServer server, JsonElement swap)
    {
        string id = swap.GetProperty("id").GetString()!;
        await server.Services.GetRequiredService<SwapService>().WaitAsync(id, Cancellation);
        return await server.GetAsync($"/v1/swaps/{id}");
    }

    public static async Task<JsonElement> GetAsync(this SparrowServer server, string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(path, Cancellation);
        return await ReadAsync(response, expected);
    }

    public static async Task<JsonElement> PostAsync(this SparrowServer server, string path, object body, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(path, body, Cancellation);
        return await ReadAsync(response, expected);
    }

    /// <summary>A completion that must succeed.</summary>
    public static async Task<JsonElement> CompleteAsync(this SparrowServer server, string model, object? prompt = null, int maxTokens = 4)
    {
        using HttpResponseMessage response = await server.SendAsync(model, prompt, maxTokens);
        return await ReadAsync(response, HttpStatusCode.OK);
    }

    public static Task<HttpResponseMessage> SendAsync(this SparrowServer server, string model, object? prompt = null, int maxTokens = 4) =>
        server.Client.PostAsJsonAsync(
            "/v1/completions", new { model, prompt = prompt ?? "Hello", max_tokens = maxTokens, temperature = 0, ignore_eos = true }, Cancellation);

    /// <summary>The model's view in <c>GET /v1/pool</c>.</summary>
    public static async Task<JsonElement> PoolModelAsync(this SparrowServer server, string model)
    {
        JsonElement pool = await server.GetAsync("/v1/pool");
        return pool.GetProperty("models").EnumerateArray().Single(one => one.GetProperty("id").GetString() == model);
    }

    public static async Task<string?> StatusAsync(this SparrowServer server, string model) => (await server.PoolModelAsync(model)).GetProperty("status").GetString();

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} {text}");
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static void AssertError(this JsonElement answer, string code)
    {
        JsonElement error = answer.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("message").GetString()));
    }

    public static string? Text(this JsonElement element, string name) => element.GetProperty(name).GetString();

    /// <summary>The text of the first choice.</summary>
    public static string? Answer(this JsonElement completion, int choice = 0) => completion.GetProperty("choices")[choice].Text("text");
}
