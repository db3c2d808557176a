using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>The server's API as the quickstart uses it: plain HTTP, as any client would.</summary>
internal sealed class QuickstartApi : IDisposable
{
    private const int PartBytes = 8 << 20;

    private readonly HttpClient _client;

    /// <param name="address">Where the server listens.</param>
    /// <param name="key">Null: the server has no keys.</param>
    public QuickstartApi(Uri address, string? key)
    {
        Address = address;
        _client = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null)
        {
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public Uri Address { get; }

    /// <summary>Whether callers need a key.</summary>
    public bool HasKey => _client.DefaultRequestHeaders.Authorization is not null;

    public void Dispose() => _client.Dispose();

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Get, path, null, cancellation);

    public Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, path, JsonContent.Create(body), cancellation);

    /// <summary>Uploads a file in parts and returns its id.</summary>
    /// <param name="path">The file.</param>
    /// <param name="purpose">What the file is for.</param>
    /// <param name="sent">Told of bytes as they arrive.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<string> UploadAsync(string path, string purpose, Action<long> sent, CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(path);
        JsonObject upload = await PostAsync(
            "/v1/uploads",
            new JsonObject { ["filename"] = Path.GetFileName(path), ["purpose"] = purpose, ["bytes"] = file.Length, ["mime_type"] = "application/octet-stream" },
            cancellation);
        string id = upload["id"]!.GetValue<string>();
        JsonArray parts = [];
        byte[] buffer = new byte[PartBytes];
        int number = 0;
        while (await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation) is > 0 and var read)
        {
            ByteArrayContent content = new(buffer, 0, read);
            content.Headers.Add("x-content-sha256", Convert.ToHexStringLower(SHA256.HashData(buffer.AsSpan(0, read))));
            number++;
            JsonObject part = await SendAsync(HttpMethod.Put, $"/v1/uploads/{id}/parts/{number}", content, cancellation);
            parts.Add(part["id"]!.GetValue<string>());
            sent(read);
        }

        JsonObject done = await PostAsync($"/v1/uploads/{id}/complete", new JsonObject { ["part_ids"] = parts }, cancellation);
        return done["file"]!["id"]!.GetValue<string>();
    }

    /// <summary>Streams a completion, frame by frame.</summary>
    /// <exception cref="HttpRequestException">The server refuses, or ends the stream with an error.</exception>
    public async IAsyncEnumerable<JsonObject> StreamAsync(
        string path, JsonObject body, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        body["stream"] = true;
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await RequireSuccessAsync(response, cancellation);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal))
            {
                continue;
            }

            JsonObject frame = JsonNode.Parse(line["data: ".Length..])!.AsObject();
            yield return frame["error"] is { } error ? throw new HttpRequestException(error["message"]?.GetValue<string>()) : frame;
        }
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        using HttpResponseMessage response = await _client.SendAsync(request, cancellation);
        await RequireSuccessAsync(response, cancellation);
        return (await response.Content.ReadFromJsonAsync<JsonObject>(cancellation))!;
    }

    private static async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
        {
            string body = await response.Content.ReadAsStringAsync(cancellation);
            throw new HttpRequestException($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri!.AbsolutePath}: {(int)response.StatusCode} {body}");
        }
    }
}
