using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Server.Storage;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Storage;

/// <summary>C §8: stored files.</summary>
public sealed class FileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task U_8_content_comes_in_ranges_with_the_digest_as_its_tag()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        byte[] content = Encoding.UTF8.GetBytes("{\"text\":\"one\"}\n{\"messages\":[]}\n");
        string id = (await UploadClient.PostFileAsync(server, "set.jsonl", "calibration", content)).Id();
        string path = $"/v1/files/{id}/content";

        using HttpRequestMessage ranged = new(HttpMethod.Get, path);
        ranged.Headers.Range = new RangeHeaderValue(2, 5);
        using HttpResponseMessage part = await server.Client.SendAsync(ranged, Cancellation);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(content[2..6], await part.Content.ReadAsByteArrayAsync(Cancellation));
        string digest = Convert.ToHexStringLower(SHA256.HashData(content));
        Assert.Equal($"\"{digest}\"", part.Headers.ETag!.ToString());
        Assert.False(part.Headers.ETag.IsWeak);

        using HttpRequestMessage known = new(HttpMethod.Get, path);
        known.Headers.IfNoneMatch.Add(part.Headers.ETag);
        using HttpResponseMessage unchanged = await server.Client.SendAsync(known, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        using HttpRequestMessage head = new(HttpMethod.Head, path);
        using HttpResponseMessage headers = await server.Client.SendAsync(head, Cancellation);
        Assert.Equal(content.Length, headers.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Files_are_listed_in_pages_and_deleted()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        List<string> ids = [];
        for (int i = 0; i < 3; i++)
        {
            ids.Add((await UploadClient.PostFileAsync(server, $"{i}.txt", "calibration", Encoding.UTF8.GetBytes($"text {i}"))).Id());
        }

        JsonElement page = await UploadClient.SendAsync(server, HttpMethod.Get, "/v1/files?limit=2");
        Assert.Equal([ids[2], ids[1]], page.GetProperty("data").EnumerateArray().Select(file => file.Id()));
        Assert.True(page.GetProperty("has_more").GetBoolean());
        JsonElement rest = await UploadClient.SendAsync(server, HttpMethod.Get, $"/v1/files?limit=2&after={page.Text("last_id")}");
        Assert.Equal([ids[0]], rest.GetProperty("data").EnumerateArray().Select(file => file.Id()));
        Assert.False(rest.GetProperty("has_more").GetBoolean());
        Assert.Empty((await UploadClient.SendAsync(server, HttpMethod.Get, "/v1/files?purpose=model")).GetProperty("data").EnumerateArray());

        Assert.True((await UploadClient.SendAsync(server, HttpMethod.Delete, $"/v1/files/{ids[1]}")).GetProperty("deleted").GetBoolean());
        (await UploadClient.SendAsync(server, HttpMethod.Get, $"/v1/files/{ids[1]}")).AssertError(404, "not_found");
        (await UploadClient.SendAsync(server, HttpMethod.Get, "/v1/files?limit=0")).AssertError(400, "invalid_value");
        (await UploadClient.PostFileAsync(server, "x.jsonl", "calibration", "{\"other\":1}"u8.ToArray())).AssertError(400, "unsupported_file_format");
        (await UploadClient.PostFileAsync(server, "x.txt", "report", "text"u8.ToArray())).AssertError(400, "invalid_value");
    }

    [Fact]
    public async Task Damaged_multipart_bodies_are_answered_in_the_contracts_shape()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        Random random = new(20261122);
        byte[] good = Encoding.ASCII.GetBytes(
            "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\ncalibration\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nsome text\r\n--b--\r\n");
        for (int round = 0; round < 300; round++)
        {
            byte[] body = [.. good];
            for (int wounds = random.Next(1, 4); wounds > 0; wounds--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            body = random.Next(3) == 0 ? body[..random.Next(body.Length)] : body;
            using ByteArrayContent content = new(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
            using HttpResponseMessage response = await server.Client.PostAsync("/v1/files", content, Cancellation);
            string text = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.True(response.IsSuccessStatusCode || (int)response.StatusCode is >= 400 and < 500, $"round {round}: {Encoding.Latin1.GetString(body)} → {text}");
            using JsonDocument answer = JsonDocument.Parse(text);
            Assert.True(response.IsSuccessStatusCode || answer.RootElement.GetProperty("error").GetProperty("message").GetString()!.Length > 0, text);
        }

        // Nothing that was refused has left bytes behind.
        string folder = server.Services.GetRequiredService<StorageRoot>().Files;
        int stored = (await UploadClient.SendAsync(server, HttpMethod.Get, "/v1/files")).GetProperty("data").GetArrayLength();
        Assert.Equal(stored, Directory.GetFiles(folder).Length);
    }
}
