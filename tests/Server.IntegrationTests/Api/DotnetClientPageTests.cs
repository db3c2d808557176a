using System.ClientModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Files;
using OpenAI.FineTuning;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

#pragma warning disable OPENAI001 // Uploads and fine-tuning are marked as experimental in the official client.
#pragma warning disable CA2016, xUnit1051 // The page leaves tokens out, as its readers may.

/// <summary>The code of docs/clients/dotnet.md, and that it is the same code.</summary>
public sealed class DotnetClientPageTests
{
    [Fact]
    public async Task The_page_for_dotnet_runs_as_it_stands()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Auth:Keys"] = "page:admin+inference=sk-page" });
        Uri address = server.Address;
        string key = "sk-page";
        string model = "tiny";
        byte[] content = RandomNumberGenerator.GetBytes(3_000_000);

        OpenAIClient client = new(
            new ApiKeyCredential(key),
            new OpenAIClientOptions { Endpoint = new Uri(address, "/v1"), NetworkTimeout = TimeSpan.FromMinutes(5) });
        ChatClient chat = client.GetChatClient(model);
        ChatCompletion answer = await chat.CompleteChatAsync(
            [new UserChatMessage("Name three birds.")], new ChatCompletionOptions { MaxOutputTokenCount = 32 });
        string text = answer.Content[0].Text;

        StringBuilder streamed = new();
        ChatCompletionOptions brief = new() { MaxOutputTokenCount = 8 };
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync([new UserChatMessage("Name three birds.")], brief))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
            {
                streamed.Append(part.Text);
            }
        }

        OpenAIFileClient files = client.GetOpenAIFileClient();
        using BinaryContent asked = BinaryContent.CreateJson(
            new { filename = "large.bin", purpose = "user_data", bytes = content.Length, mime_type = "application/octet-stream" });
        string upload = IdOf(await files.CreateUploadAsync(asked));
        List<string> parts = [];
        foreach (byte[] piece in content.Chunk(1 << 20))
        {
            using MultipartFormDataContent form = new() { { new ByteArrayContent(piece), "data", "upload" } };
            using BinaryContent body = BinaryContent.Create(await form.ReadAsStreamAsync());
            parts.Add(IdOf(await files.AddUploadPartAsync(upload, body, form.Headers.ContentType!.ToString())));
        }

        using BinaryContent end = BinaryContent.CreateJson(new { part_ids = parts });
        using JsonDocument done = JsonDocument.Parse((await files.CompleteUploadAsync(upload, end)).GetRawResponse().Content);
        string fileId = done.RootElement.GetProperty("file").GetProperty("id").GetString()!;

        static string IdOf(ClientResult result)
        {
            using JsonDocument document = JsonDocument.Parse(result.GetRawResponse().Content);
            return document.RootElement.GetProperty("id").GetString()!;
        }

        OpenAIFile training = await files.UploadFileAsync(
            BinaryData.FromString(string.Concat(Enumerable.Repeat("A line to calibrate on. ", 500))), "text.txt", FileUploadPurpose.FineTune);
        FineTuningClient tuning = client.GetFineTuningClient();
        using BinaryContent wish = BinaryContent.CreateJson(new
        {
            model,
            training_file = training.Id,
            method = new { type = "recipe", recipe = new { steps = new[] { new { type = "quantize", method = "rtn", bits = 8, group_size = 64 } } } },
            evaluation = new { perplexity = true, window = 64, max_windows = 4, max_perplexity_increase = 0.05 },
            deploy = new { mode = "none" },
        });
        FineTuningJob job = await tuning.FineTuneAsync(wish, waitUntilCompleted: false, options: null);
        while (!job.Status.Equals(FineTuningStatus.Succeeded) && !job.Status.Equals(FineTuningStatus.Failed))
        {
            await Task.Delay(100);
            job = await tuning.GetJobAsync(job.JobId);
        }

        Assert.True(answer.Usage.OutputTokenCount is > 0 and <= 32);
        Assert.Equal(text, answer.Content[0].Text);
        Assert.NotEqual(0, streamed.Length);
        BinaryData stored = await files.DownloadFileAsync(fileId);
        Assert.Equal(content, stored.ToArray());
        Assert.Equal(FineTuningStatus.Succeeded, job.Status);
    }

    [Fact]
    public void Every_block_of_the_page_is_a_part_of_the_test()
    {
        string test = Flatten(RepositoryRoot.Read("tests", "Server.IntegrationTests", "Api", "DotnetClientPageTests.cs"));
        string[] pieces = RepositoryRoot.Read("docs", "clients", "dotnet.md").Split("```");
        string[] blocks = [.. pieces.Where(piece => piece.StartsWith("csharp\n", StringComparison.Ordinal)).Select(piece => piece["csharp\n".Length..])];
        Assert.True(blocks.Length >= 4);
        Assert.All(blocks, block => Assert.Contains(Flatten(block), test, StringComparison.Ordinal));
    }

    private static string Flatten(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
}
