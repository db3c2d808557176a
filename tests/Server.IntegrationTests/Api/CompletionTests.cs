using System.Net;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>Section 6 of the contract: prompts, scores, token ids, limits on length.</summary>
public sealed class CompletionTests(TinyServer tiny) : IClassFixture<TinyServer>
{
    private const string Path = "/v1/completions";

    [Fact]
    public async Task Batched_prompts_come_back_in_order_of_index_and_as_they_would_alone()
    {
        JsonElement batch = await tiny.AskAsync(Path, """{"prompt":["One","Two","Three"],"n":2,"max_tokens":6,"temperature":0}""");
        Assert.Equal([0, 1, 2, 3, 4, 5], batch.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        string[] prompts = ["One", "Two", "Three"];
        for (int i = 0; i < prompts.Length; i++)
        {
            JsonElement alone = await tiny.AskAsync(Path, $$"""{"prompt":"{{prompts[i]}}","max_tokens":6,"temperature":0}""");
            string? expected = alone.GetProperty("choices")[0].GetProperty("text").GetString();
            Assert.Equal(expected, batch.GetProperty("choices")[2 * i].GetProperty("text").GetString());
            Assert.Equal(expected, batch.GetProperty("choices")[(2 * i) + 1].GetProperty("text").GetString());
        }
    }

    [Fact]
    public async Task Token_ids_are_taken_as_prompts_and_mean_the_same_as_their_text()
    {
        JsonElement tokens = await tiny.AskAsync("/tokenize", """{"prompt":"hello world"}""");
        string ids = tokens.GetProperty("tokens").GetRawText();
        JsonElement byIds = await tiny.AskAsync(Path, $$"""{"prompt":{{ids}},"max_tokens":8,"temperature":0,"return_token_ids":true}""");
        JsonElement byText = await tiny.AskAsync(Path, """{"prompt":"hello world","max_tokens":8,"temperature":0,"return_token_ids":true}""");
        JsonElement nested = await tiny.AskAsync(Path, $$"""{"prompt":[{{ids}}],"max_tokens":8,"temperature":0,"return_token_ids":true}""");
        Assert.Equal(byText.GetProperty("choices").GetRawText(), byIds.GetProperty("choices").GetRawText());
        Assert.Equal(byText.GetProperty("choices").GetRawText(), nested.GetProperty("choices").GetRawText());
        Assert.Equal(ids, byIds.GetProperty("choices")[0].GetProperty("prompt_token_ids").GetRawText());
    }

    [Theory]
    [InlineData("hello world, and the rest", 0)]
    [InlineData("hello world, and the rest", 4)]
    [InlineData("x", 0)]
    public async Task L3_Echo_scores_the_prompt_and_the_first_token_has_none(string prompt, int maxTokens)
    {
        JsonElement choice = (await tiny.AskAsync(
            Path, $$"""{"prompt":"{{prompt}}","echo":true,"logprobs":2,"max_tokens":{{maxTokens}},"temperature":0,"ignore_eos":true}""")).GetProperty("choices")[0];
        JsonElement logprobs = choice.GetProperty("logprobs");
        string?[] tokens = [.. logprobs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString())];
        JsonElement[] scores = [.. logprobs.GetProperty("token_logprobs").EnumerateArray()];
        JsonElement[] tops = [.. logprobs.GetProperty("top_logprobs").EnumerateArray()];
        int[] offsets = [.. logprobs.GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt32())];
        Assert.StartsWith(prompt, choice.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(tokens.Length, scores.Length);
        Assert.Equal(JsonValueKind.Null, scores[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, tops[0].ValueKind);
        Assert.All(scores[1..], score => Assert.True(score.GetDouble() <= 0));
        Assert.All(tops[1..], top => Assert.InRange(top.EnumerateObject().Count(), 1, 3));
        Assert.Equal(offsets.Order(), offsets);
        Assert.Equal(prompt, string.Concat(tokens[..^maxTokens]));
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task L3_Prompt_scores_equal_the_scores_of_generated_tokens()
    {
        JsonElement generated = (await tiny.AskAsync(
            Path, """{"prompt":"hello","max_tokens":6,"temperature":0,"logprobs":0,"ignore_eos":true,"return_token_ids":true}""")).GetProperty("choices")[0];
        int[] ids = [.. generated.GetProperty("prompt_token_ids").EnumerateArray().Concat(generated.GetProperty("token_ids").EnumerateArray()).Select(id => id.GetInt32())];
        JsonElement scored = (await tiny.AskAsync(
            Path, $$"""{"prompt":[{{string.Join(',', ids)}}],"max_tokens":0,"echo":true,"logprobs":0}""")).GetProperty("choices")[0];
        double[] first = [.. generated.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Select(score => score.GetDouble())];
        double[] second = [.. scored.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().TakeLast(6).Select(score => score.GetDouble())];
        for (int i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i], second[i], 1e-3);
        }
    }

    [Fact]
    public async Task Streamed_echo_joins_to_the_plain_answer()
    {
        const string Body = """{"prompt":"hello world","echo":true,"logprobs":1,"max_tokens":5,"temperature":0""";
        JsonElement plain = (await tiny.AskAsync(Path, Body + "}")).GetProperty("choices")[0];
        JsonElement[] parts = [.. (await tiny.StreamAsync(Path, Body + ""","stream":true}""")).Select(frame => frame.GetProperty("choices")[0])];
        Assert.Equal(plain.GetProperty("text").GetString(), string.Concat(parts.Select(part => part.GetProperty("text").GetString())));
        foreach (string list in (string[])["tokens", "token_logprobs", "top_logprobs", "text_offset"])
        {
            Assert.Equal(
                plain.GetProperty("logprobs").GetProperty(list).EnumerateArray().Select(item => item.GetRawText()),
                parts.Select(part => part.GetProperty("logprobs")).Where(part => part.ValueKind == JsonValueKind.Object)
                    .SelectMany(part => part.GetProperty(list).EnumerateArray()).Select(item => item.GetRawText()));
        }
    }

    [Fact]
    public async Task Tokens_are_shown_as_ids_on_request()
    {
        JsonElement choice = (await tiny.AskAsync(
            Path, """{"prompt":"hello","max_tokens":3,"logprobs":1,"ignore_eos":true,"return_tokens_as_token_ids":true,"return_token_ids":true}"""))
            .GetProperty("choices")[0];
        Assert.Equal(
            choice.GetProperty("token_ids").EnumerateArray().Select(id => $"token_id:{id.GetInt32()}"),
            choice.GetProperty("logprobs").GetProperty("tokens").EnumerateArray().Select(token => token.GetString()));
    }

    [Fact]
    public async Task D1_The_same_seed_gives_the_same_text_and_none_gives_another()
    {
        const string Body = """{"prompt":"Once upon a time","max_tokens":24,"temperature":1.5,"ignore_eos":true""";
        string[] seeded = [await TextAsync(Body + ""","seed":42}"""), await TextAsync(Body + ""","seed":42}""")];
        string[] free = [await TextAsync(Body + "}"), await TextAsync(Body + "}")];
        Assert.Equal(seeded[0], seeded[1]);
        Assert.NotEqual(free[0], free[1]);
    }

    [Fact]
    public async Task E7_A_prompt_that_does_not_fit_is_told_how_much_would()
    {
        int context = tiny.Model.Model.ContextLength;
        await AssertContextErrorAsync($$"""{"prompt":"{{new string('z', context + 50)}}","max_tokens":1}""", context);
        await AssertContextErrorAsync($$"""{"prompt":"{{new string('z', context * 500)}}","max_tokens":1}""", context);
        await AssertContextErrorAsync($$"""{"prompt":"hello","max_tokens":{{context}}}""", context);
        await AssertContextErrorAsync("""{"prompt":"hello","max_tokens":999999999999}""", context);

        // Without an explicit limit the rest of the context is what there is.
        JsonElement usage = (await tiny.AskAsync(Path, $$"""{"prompt":"{{new string('z', context - 3)}}","ignore_eos":true}""")).GetProperty("usage");
        Assert.Equal(3, usage.GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task E7_With_the_setting_a_huge_limit_is_lowered()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Limits:ClampMaxTokens"] = "true" });
        using StringContent body = new("""{"prompt":[5,6],"max_tokens":999999999999,"stop_token_ids":[7,8,9,10,11,12,13,14,15,16]}""", null, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync(Path, body, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Timings_are_given_on_request()
    {
        JsonElement timings = (await tiny.AskAsync(Path, """{"prompt":"hello","max_tokens":4,"ignore_eos":true,"return_timings":true}""")).GetProperty("timings");
        string[] names = ["queue_ms", "prefill_ms", "first_token_ms", "decode_ms", "total_ms", "preemptions", "tokens_per_second"];
        Assert.Equal(names, timings.EnumerateObject().Select(member => member.Name));
        Assert.True(timings.GetProperty("total_ms").GetDouble() >= timings.GetProperty("decode_ms").GetDouble());
        List<JsonElement> frames = await tiny.StreamAsync(Path, """{"prompt":"hello","max_tokens":4,"ignore_eos":true,"return_timings":true,"stream":true}""");
        Assert.True(frames[^1].TryGetProperty("timings", out _));
    }

    [Fact]
    public async Task Special_tokens_in_a_prompt_are_parsed()
    {
        JsonElement answer = await tiny.AskAsync(Path, """{"prompt":"<|im_start|>","max_tokens":1,"return_token_ids":true}""");
        Assert.Equal(1, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task A_model_without_tokenizer_is_served_on_token_ids_alone()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Tokenizer = false });
        await using SparrowServer server = await SparrowServer.StartAsync(models: [$"ids={model.Folder}"]);
        using StringContent ids = new(
            """{"prompt":[5,6,7],"max_tokens":4,"ignore_eos":true,"logprobs":1,"return_token_ids":true}""", null, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync(Path, ids, TestContext.Current.CancellationToken);
        JsonElement choice = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("choices")[0];
        Assert.Equal("", choice.GetProperty("text").GetString());
        Assert.Equal(4, choice.GetProperty("token_ids").GetArrayLength());
        Assert.StartsWith("token_id:", choice.GetProperty("logprobs").GetProperty("tokens")[0].GetString(), StringComparison.Ordinal);
        foreach ((string path, string body) in ((string, string)[])
            [(Path, """{"prompt":"text"}"""), ("/v1/chat/completions", """{"messages":[{"role":"user","content":"x"}]}"""), ("/tokenize", """{"prompt":"x"}""")])
        {
            using StringContent text = new(body, null, "application/json");
            using HttpResponseMessage refusal = await server.Client.PostAsync(path, text, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
        }
    }

    private async Task<string> TextAsync(string body) => (await tiny.AskAsync(Path, body)).GetProperty("choices")[0].GetProperty("text").GetString()!;

    private async Task AssertContextErrorAsync(string body, int context)
    {
        using HttpResponseMessage response = await tiny.PostAsync(Path, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("error");
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
        JsonElement details = error.GetProperty("details");
        Assert.Equal(context, details.GetProperty("context_length").GetInt32());
        Assert.True(details.GetProperty("max_tokens_allowed").GetInt32() >= 0);
        Assert.True(details.GetProperty("prompt_tokens").GetInt32() > 0);
    }
}
