using System.ClientModel;
using System.Text.Json;
using OpenAI;
using OpenAI.Files;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Storage;

#pragma warning disable OPENAI001 // Uploads are marked as experimental in the official client.

/// <summary>G-1: files and uploads through the official .NET client.</summary>
public sealed class OpenAiFileTests
{
    [Fact]
    public async Task U_7_the_official_client_uploads_in_parts_and_reads_back()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        OpenAIFileClient client = new OpenAIClient(
            new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new Uri(server.Address, "/v1") }).GetOpenAIFileClient();
        byte[] file = UploadClient.Safetensors(values: 4096);

        // The client knows a closed list of purposes and fails on any other, also when it reads.

        using BinaryContent asked = BinaryContent.CreateJson(
            new { filename = "model.safetensors", purpose = "user_data", bytes = file.Length, mime_type = "application/octet-stream" });
        string id = Id(await client.CreateUploadAsync(asked));
        List<string> parts = [];
        foreach (byte[] piece in file.Chunk(6000))
        {
            using MultipartFormDataContent form = new() { { new ByteArrayContent(piece), "data", "upload" } };
            using BinaryContent content = BinaryContent.Create(await form.ReadAsStreamAsync(TestContext.Current.CancellationToken));
            parts.Add(Id(await client.AddUploadPartAsync(id, content, form.Headers.ContentType!.ToString())));
        }

        using BinaryContent end = BinaryContent.CreateJson(new { part_ids = parts });
        using JsonDocument done = JsonDocument.Parse((await client.CompleteUploadAsync(id, end)).GetRawResponse().Content);
        string fileId = done.RootElement.GetProperty("file").GetProperty("id").GetString()!;

        OpenAIFile info = (await client.GetFileAsync(fileId, TestContext.Current.CancellationToken)).Value;
        Assert.Equal(file.Length, info.SizeInBytes);
        BinaryData bytes = (await client.DownloadFileAsync(fileId, TestContext.Current.CancellationToken)).Value;
        Assert.Equal(file, bytes.ToArray());
        Assert.True((await client.DeleteFileAsync(fileId, TestContext.Current.CancellationToken)).Value.Deleted);

        OpenAIFile small = (await client.UploadFileAsync(BinaryData.FromString("some text"), "notes.txt", FileUploadPurpose.UserData)).Value;
        Assert.Equal("notes.txt", small.Filename);
    }

    private static string Id(ClientResult result)
    {
        using JsonDocument document = JsonDocument.Parse(result.GetRawResponse().Content);
        return document.RootElement.GetProperty("id").GetString()!;
    }
}
