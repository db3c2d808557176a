using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>The calls of the contract's section 9, as plain HTTP.</summary>
internal static class JobClient
{
    public const string Jobs = "/v1/compression/jobs";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A job on the tiny model that takes a moment: calibrated pruning, 8 bits, a small measurement.</summary>
    public static JsonObject Small(string model = "tiny") => new()
    {
        ["model"] = model,
        ["method"] = new JsonObject
        {
            ["type"] = "recipe",
            ["recipe"] = new JsonObject
            {
                ["calibration"] = new JsonObject { ["samples"] = 4, ["length"] = 64 },
                ["steps"] = new JsonArray(
                    new JsonObject { ["type"] = "prune", ["method"] = "wanda", ["sparsity"] = 0.5 },
                    new JsonObject { ["type"] = "quantize", ["method"] = "rtn", ["bits"] = 8, ["group_size"] = 32 }),
            },
        },
        ["evaluation"] = new JsonObject { ["perplexity"] = true, ["window"] = 64, ["max_windows"] = 2 },
        ["seed"] = 7,
    };

    public static async Task<JsonElement> CreateAsync(SparrowServer server, JsonObject body, string path = Jobs, string? key = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await SendAsync(server, request);
    }

    public static async Task<JsonElement> SendAsync(SparrowServer server, HttpMethod method, string path)
    {
        using HttpRequestMessage request = new(method, path);
        return await SendAsync(server, request);
    }

    public static Task<JsonElement> GetAsync(SparrowServer server, string id) => SendAsync(server, HttpMethod.Get, $"{Jobs}/{id}");

    /// <summary>Waits until a job is in one of some states.</summary>
    public static async Task<JsonElement> WaitAsync(SparrowServer server, string id, params string[] states)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            JsonElement job = await GetAsync(server, id);
            string status = job.GetProperty("status").GetString()!;
            if (states.Contains(status))
            {
                return job;
            }

            Assert.True(status is not ("failed" or "cancelled" or "succeeded"), $"The job is {status}: {job.GetProperty("error")}");
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(1), $"The job is still {status}.");
            await Task.Delay(5, Cancellation);
        }
    }

    /// <summary>Runs a job to its end, which must be the given one.</summary>
    public static async Task<JsonElement> RunAsync(SparrowServer server, JsonObject body, string end = "succeeded")
    {
        JsonElement job = await CreateAsync(server, body);
        Assert.True(job.TryGetProperty("id", out JsonElement id), job.ToString());
        return await WaitAsync(server, id.GetString()!, end);
    }

    public static async Task<IReadOnlyList<JsonElement>> EventsAsync(SparrowServer server, string id)
    {
        JsonElement page = await SendAsync(server, HttpMethod.Get, $"{Jobs}/{id}/events?limit=1000&order=asc");
        return [.. page.GetProperty("data").EnumerateArray()];
    }

    /// <summary>Events as they come, until the stream ends; each with the id of its frame.</summary>
    public static async Task<(IReadOnlyList<(string? Id, JsonElement Event)> Events, bool IsDone)> StreamAsync(
        SparrowServer server, string id, string? after = null, int most = int.MaxValue)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"{Jobs}/{id}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (after is not null)
        {
            request.Headers.Add("Last-Event-ID", after);
        }

        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(Cancellation));
        List<(string?, JsonElement)> events = [];
        string? frameId = null;
        while (events.Count < most && await reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                frameId = line[4..];
            }
            else if (line == "data: [DONE]")
            {
                return (events, true);
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((frameId, JsonElement.Parse(line[6..])));
                frameId = null;
            }
            else
            {
                Assert.Equal("", line);
            }
        }

        return (events, false);
    }

    public static async Task<JsonElement> SendAsync(SparrowServer server, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await server.Client.SendAsync(request, Cancellation);
        JsonObject answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!.AsObject();
        answer["http_status"] = (int)response.StatusCode;
        return JsonSerializer.SerializeToElement(answer);
    }
}
