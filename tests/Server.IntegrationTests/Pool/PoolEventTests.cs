using System.Net;
using System.Text.Json;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>The pool's events by the rules of section 9.4: ids, return without loss, heartbeat, an end that is marked.</summary>
public sealed class PoolEventTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_listens_hears_of_a_swap_and_whoever_comes_back_misses_nothing()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using StreamReader reader = await ListenAsync(server, null);
        RevisionRecord next = server.Publish("tiny", 2);
        await server.SwapAsync(new { model = "tiny", revision = next.Id });
        List<(string Id, JsonElement Event)> heard = await ReadUntilAsync(reader, "swap.succeeded");
        Assert.Equal(
            ["swap.queued", "swap.loading", "swap.probing", "swap.switching", "swap.draining", "swap.succeeded"],
            heard.Select(one => one.Event.Text("type")).Where(type => type!.StartsWith("swap.", StringComparison.Ordinal)));
        Assert.Contains(heard, one => one.Event.Text("type") == "model.status" && one.Event.GetProperty("data").Text("revision") == next.Id);
        Assert.All(heard, one => Assert.Equal(one.Id, one.Event.Text("id")));
        Assert.All(heard, one => Assert.Equal("pool.event", one.Event.Text("object")));

        // From the middle, by header and by query: the same rest.
        (string middle, _) = heard[2];
        string[] rest = [.. heard.Skip(3).Select(one => one.Id)];
        using StreamReader again = await ListenAsync(server, middle);
        Assert.Equal(rest, (await ReadUntilAsync(again, "swap.succeeded")).Select(one => one.Id));
        using StreamReader byQuery = await ListenAsync(server, null, $"?after={middle}");
        Assert.Equal(rest, (await ReadUntilAsync(byQuery, "swap.succeeded")).Select(one => one.Id));
    }

    [Fact]
    public async Task A_quiet_pool_gives_signs_of_life_as_events_and_never_as_comments()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Streaming:KeepAliveSeconds"] = "0.05" });
        using StreamReader reader = await ListenAsync(server, null);
        List<(string Id, JsonElement Event)> heard = await ReadUntilAsync(reader, "heartbeat");
        Assert.NotEmpty(heard[^1].Id);
    }

    [Fact]
    public async Task When_the_server_stops_the_stream_ends_with_its_marker()
    {
        SparrowServer server = await SparrowServer.StartAsync();
        using StreamReader reader = await ListenAsync(server, null);
        Task<string> rest = reader.ReadToEndAsync(Cancellation);
        await server.StopAsync();
        Assert.EndsWith("data: [DONE]\n\n", await rest, StringComparison.Ordinal);
        await server.DisposeAsync();
    }

    private static async Task<StreamReader> ListenAsync(SparrowServer server, string? lastEventId, string query = "")
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/v1/pool/events" + query);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
    }

    private static async Task<List<(string Id, JsonElement Event)>> ReadUntilAsync(StreamReader reader, string type)
    {
        List<(string Id, JsonElement Event)> events = [];
        string id = "";
        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            Assert.False(line.StartsWith(':'), line);
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line["id: ".Length..];
            }
            else if (line.StartsWith("data: {", StringComparison.Ordinal))
            {
                JsonElement one = JsonDocument.Parse(line["data: ".Length..]).RootElement;
                events.Add((id, one));
                if (one.Text("type") == type)
                {
                    return events;
                }
            }
        }

        throw new InvalidOperationException($"The stream ended before {type}.");
    }
}
