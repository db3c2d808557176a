using System.ClientModel;
using System.Security.Cryptography;
using System.Text.Json;
using OpenAI;
using OpenAI.Files;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Storage;

#pragma warning disable OPENAI001 // Uploads are marked as experimental in the official client.

/// <summary>A real model through the official .NET client. scripts/service-smollm2.sh does it with the Node client, and compresses and swaps under load.</summary>
public sealed class RealInputTests
{
    private const int PartBytes = 8 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_official_client_uploads_a_real_model_in_parts_of_8_MiB()
    {
        string path = SharedData.Require("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        await using SparrowServer server = await SparrowServer.StartAsync();
        OpenAIFileClient client = new OpenAIClient(
            new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new Uri(server.Address, "/v1") }).GetOpenAIFileClient();
        long bytes = new FileInfo(path).Length;
        using BinaryContent asked = BinaryContent.CreateJson(new { filename = "smollm2.gguf", purpose = "user_data", bytes, mime_type = "application/octet-stream" });
        string id = Read(await client.CreateUploadAsync(asked)).GetProperty("id").GetString()!;
        List<string> parts = [];
        await using FileStream file = File.OpenRead(path);
        byte[] piece = new byte[PartBytes];
        int count;
        while ((count = await file.ReadAtLeastAsync(piece, PartBytes, throwOnEndOfStream: false, Cancellation)) > 0)
        {
            using MultipartFormDataContent form = new() { { new ByteArrayContent(piece, 0, count), "data", "upload" } };
            using BinaryContent content = BinaryContent.Create(await form.ReadAsStreamAsync(Cancellation));
            parts.Add(Read(await client.AddUploadPartAsync(id, content, form.Headers.ContentType!.ToString())).GetProperty("id").GetString()!);
        }

        Assert.Equal(12, parts.Count);
        using BinaryContent end = BinaryContent.CreateJson(new { part_ids = parts });
        JsonElement stored = Read(await client.CompleteUploadAsync(id, end)).GetProperty("file");
        file.Position = 0;
        Assert.Equal(Convert.ToHexStringLower(await SHA256.HashDataAsync(file, Cancellation)), stored.GetProperty("sha256").GetString());
    }

    private static JsonElement Read(ClientResult result) => JsonElement.Parse(result.GetRawResponse().Content.ToString());
}
