using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sparrow.Runtime;
using Sparrow.Server.Hosting;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>One server with its tiny model for all tests of a class, and the few calls they all make.</summary>
public sealed class TinyServer : IAsyncLifetime
{
    private SparrowServer? _server;

    internal SparrowServer Server => _server!;

    internal HttpClient Client => Server.Client;

    internal ServedModel Model => Server.Pool.Resolve("tiny");

    public async ValueTask InitializeAsync() => _server = await SparrowServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    internal Task<HttpResponseMessage> PostAsync(string path, string body, string? contentType = "application/json") =>
        SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), contentType);

    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        return await Client.SendAsync(request, until, TestContext.Current.CancellationToken);
    }

    /// <summary>The JSON of an answer that must be 200.</summary>
    internal async Task<JsonElement> AskAsync(string path, string body)
    {
        using HttpResponseMessage response = await PostAsync(path, body);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The frames of a stream, the end marker left out but required.</summary>
    internal async Task<List<JsonElement>> StreamAsync(string path, string body)
    {
        using HttpResponseMessage response = await PostAsync(path, body);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode} {text}");
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        return Frames(text);
    }

    internal static List<JsonElement> Frames(string text)
    {
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        List<JsonElement> frames = [];
        foreach (string frame in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.DoesNotContain('\n', frame);
            Assert.True(frame.StartsWith("data: ", StringComparison.Ordinal) || frame.StartsWith(':'), frame);
            if (frame.StartsWith("data: {", StringComparison.Ordinal))
            {
                frames.Add(JsonDocument.Parse(frame["data: ".Length..]).RootElement);
            }
        }

        return frames;
    }

    /// <summary>Waits until nothing waits or runs and no block is in use.</summary>
    internal async Task AssertIdleAsync()
    {
        // A cancelled request leaves at the engine's next step, which under load may take a while.
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            if (IsIdle())
            {
                return;
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        EngineSnapshot snapshot = Model.Engine.Snapshot;
        Assert.Fail($"{snapshot.BlocksInUse} blocks and {snapshot.RunningSequences} sequences are still in use; queue {Model.Queue.Snapshot}.");
    }

    private bool IsIdle() => Model.Engine.Snapshot is { BlocksInUse: 0, RunningSequences: 0 } && Model.Queue.Snapshot is { RunningRequests: 0, WaitingRequests: 0 };
}
