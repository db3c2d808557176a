using System.ClientModel;
using System.Text;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>G-1: the official .NET client works with nothing but its base address and key replaced.</summary>
public sealed class OpenAiClientTests(TinyServer tiny) : IClassFixture<TinyServer>
{
    private static readonly ChatMessage[] s_messages = [new SystemChatMessage("You are brief."), new UserChatMessage("Say hello.")];

    private OpenAIClient Client => new(
        new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new Uri(tiny.Server.Address, "/v1"), NetworkTimeout = TimeSpan.FromMinutes(1) });

    [Fact]
    public async Task It_lists_models()
    {
        OpenAIModelClient models = Client.GetOpenAIModelClient();
        OpenAIModelCollection all = (await models.GetModelsAsync(TestContext.Current.CancellationToken)).Value;
        OpenAIModel model = Assert.Single(all);
        Assert.Equal("tiny", model.Id);
        Assert.Equal("sparrow", model.OwnedBy);
        Assert.Equal("tiny", (await models.GetModelAsync("tiny", TestContext.Current.CancellationToken)).Value.Id);
    }

    [Fact]
    public async Task It_chats()
    {
        ChatCompletion answer = (await Client.GetChatClient("tiny").CompleteChatAsync(
            s_messages, new ChatCompletionOptions { MaxOutputTokenCount = 12, Temperature = 0 }, TestContext.Current.CancellationToken)).Value;
        Assert.Equal(ChatMessageRole.Assistant, answer.Role);
        Assert.Single(answer.Content);
        Assert.True(answer.Usage.OutputTokenCount is > 0 and <= 12);
        Assert.Contains(answer.FinishReason, (ChatFinishReason[])[ChatFinishReason.Stop, ChatFinishReason.Length]);
        Assert.StartsWith("fp_", answer.SystemFingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_streams_what_it_gets_plain()
    {
        ChatClient chat = Client.GetChatClient("tiny");
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 20, Temperature = 0 };
        ChatCompletion plain = (await chat.CompleteChatAsync(s_messages, options, TestContext.Current.CancellationToken)).Value;
        StringBuilder text = new();
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(s_messages, options, TestContext.Current.CancellationToken))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
            {
                text.Append(part.Text);
            }

            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        Assert.Equal(plain.Content[0].Text, text.ToString());
        Assert.Equal(plain.FinishReason, finish);
        Assert.Equal(plain.Usage.TotalTokenCount, usage!.TotalTokenCount);
    }

    [Fact]
    public async Task It_reads_log_probabilities()
    {
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 10, Temperature = 0, IncludeLogProbabilities = true, TopLogProbabilityCount = 4 };
        ChatCompletion answer = (await Client.GetChatClient("tiny").CompleteChatAsync(s_messages, options, TestContext.Current.CancellationToken)).Value;
        Assert.NotEmpty(answer.ContentTokenLogProbabilities);
        byte[] bytes = [.. answer.ContentTokenLogProbabilities.SelectMany(token => token.Utf8Bytes!.Value.ToArray())];
        Assert.Equal(answer.Content[0].Text, Encoding.UTF8.GetString(bytes));
        Assert.All(answer.ContentTokenLogProbabilities, token =>
        {
            Assert.Equal(4, token.TopLogProbabilities.Count);
            Assert.True(token.LogProbability <= 0);

            // Greedy: the drawn token is the likeliest.
            Assert.Equal(token.LogProbability, token.TopLogProbabilities[0].LogProbability);
        });
    }

    [Fact]
    public async Task It_cancels_a_stream()
    {
        using CancellationTokenSource cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        ChatClient chat = Client.GetChatClient("tiny");
        int updates = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            ChatCompletionOptions options = new() { MaxOutputTokenCount = 1500, Temperature = 1 };
            await foreach (StreamingChatCompletionUpdate _ in chat.CompleteChatStreamingAsync(s_messages, options, cancellation.Token))
            {
                if (++updates == 1)
                {
                    await cancellation.CancelAsync();
                }
            }

            cancellation.Token.ThrowIfCancellationRequested();
        });
        await tiny.AssertIdleAsync();
    }

    [Fact]
    public async Task It_sees_the_error_of_an_unknown_model()
    {
        ClientResultException failure = await Assert.ThrowsAsync<ClientResultException>(
            () => Client.GetChatClient("nobody").CompleteChatAsync(s_messages, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(404, failure.Status);
        Assert.Contains("nobody", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_notices_a_failure_in_the_middle_of_a_stream()
    {
        ChatClient chat = Client.GetChatClient("tiny");
        Exception? failure = await Record.ExceptionAsync(async () =>
        {
            // Biased against the tokens that end a turn, so that the stream is still going when it is cut.
            ChatCompletionOptions options = new() { MaxOutputTokenCount = 1800 };
            foreach (int end in (int[])[0, 2])
            {
                options.LogitBiases[end] = -100;
            }

            int updates = 0;
            await foreach (StreamingChatCompletionUpdate _ in chat.CompleteChatStreamingAsync(s_messages, options, TestContext.Current.CancellationToken))
            {
                if (++updates == 3)
                {
                    tiny.Model.Queue.AbortAll();
                }
            }
        });
        Assert.NotNull(failure);
        await tiny.AssertIdleAsync();
    }
}
