using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Storage;

/// <summary>The calls of the contract's section 8, as plain HTTP.</summary>
internal static class UploadClient
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A small safetensors file with one tensor.</summary>
    public static byte[] Safetensors(int values = 64, byte fill = 1)
    {
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["w"] = new JsonObject { ["dtype"] = "F32", ["shape"] = new JsonArray(values), ["data_offsets"] = new JsonArray(0, 4 * values) },
        });
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. Enumerable.Repeat(fill, 4 * values)];
    }

    public static async Task<JsonElement> CreateAsync(
        SparrowServer server, string filename, long bytes, string purpose = "model", string? sha256 = null, string? key = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/uploads")
        {
            Content = JsonContent.Create(new { filename, purpose, bytes, mime_type = "application/octet-stream", sha256 }),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await SendAsync(server, request);
    }

    public static async Task<JsonElement> PutPartAsync(SparrowServer server, string uploadId, int number, byte[] bytes, string? sha256 = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, $"/v1/uploads/{uploadId}/parts/{number}") { Content = new ByteArrayContent(bytes) };
        if (sha256 is not null)
        {
            request.Headers.Add("x-content-sha256", sha256);
        }

        return await SendAsync(server, request);
    }

    /// <summary>A part as the official clients send it: multipart, without a number.</summary>
    public static async Task<JsonElement> PostPartAsync(SparrowServer server, string uploadId, byte[] bytes)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"/v1/uploads/{uploadId}/parts") { Content = Form("data", "upload", bytes) };
        return await SendAsync(server, request);
    }

    public static async Task<JsonElement> CompleteAsync(
        SparrowServer server, string uploadId, IEnumerable<string> partIds, string? md5 = null, string? sha256 = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"/v1/uploads/{uploadId}/complete")
        {
            Content = JsonContent.Create(new { part_ids = partIds, md5, sha256 }),
        };
        return await SendAsync(server, request);
    }

    public static async Task<JsonElement> PostFileAsync(SparrowServer server, string filename, string purpose, byte[] bytes)
    {
        MultipartFormDataContent form = Form("file", filename, bytes);
        form.Add(new StringContent(purpose), "purpose");
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/files") { Content = form };
        return await SendAsync(server, request);
    }

    public static async Task<JsonElement> SendAsync(SparrowServer server, HttpMethod method, string path)
    {
        using HttpRequestMessage request = new(method, path);
        return await SendAsync(server, request);
    }

    public static string Id(this JsonElement element) => element.GetProperty("id").GetString()!;

    public static string? Text(this JsonElement element, string name) => element.GetProperty(name).GetString();

    /// <summary>The status, which <see cref="SendAsync(SparrowServer, HttpMethod, string)"/> adds to every answer, and the error's code.</summary>
    public static void AssertError(this JsonElement answer, int status, string code)
    {
        Assert.Equal(status, answer.GetProperty("http_status").GetInt32());
        JsonElement error = answer.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("message").GetString()));
    }

    private static MultipartFormDataContent Form(string name, string filename, byte[] bytes)
    {
        ByteArrayContent part = new(bytes);
        part.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new MultipartFormDataContent { { part, name, filename } };
    }

    private static async Task<JsonElement> SendAsync(SparrowServer server, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await server.Client.SendAsync(request, Cancellation);
        JsonObject answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!.AsObject();
        answer["http_status"] = (int)response.StatusCode;
        return JsonSerializer.SerializeToElement(answer);
    }
}
