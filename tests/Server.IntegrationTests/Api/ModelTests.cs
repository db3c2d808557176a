using System.Net;
using System.Text.Json;
using Sparrow.Server.Hosting;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>Sections 6.6 and 7 of the contract: models and tokenizer helpers.</summary>
public sealed class ModelTests(TinyServer tiny) : IClassFixture<TinyServer>
{
    [Fact]
    public async Task A_model_is_listed_with_openais_members_and_ours()
    {
        JsonElement list = await GetAsync(tiny.Client, "/v1/models");
        Assert.Equal("list", list.GetProperty("object").GetString());
        JsonElement model = Assert.Single(list.GetProperty("data").EnumerateArray());
        Assert.Equal("tiny", model.GetProperty("id").GetString());
        Assert.Equal("model", model.GetProperty("object").GetString());
        Assert.True(model.GetProperty("created").GetInt64() > 0);
        Assert.Equal(tiny.Model.Model.ContextLength, model.GetProperty("max_model_len").GetInt32());
        JsonElement ours = model.GetProperty("sparrow");
        Assert.Equal("loaded", ours.GetProperty("status").GetString());
        Assert.Equal(tiny.Model.Revision, ours.GetProperty("revision").GetString());
        Assert.Equal(JsonValueKind.Null, ours.GetProperty("quality").GetProperty("perplexity").ValueKind);
        Assert.Equal(2, ours.GetProperty("kv_cache").GetProperty("pairs").EnumerateObject().Sum(pair => pair.Value.GetInt32()));
        Assert.Equal(model.GetRawText(), (await GetAsync(tiny.Client, "/v1/models/tiny")).GetRawText());
    }

    [Fact]
    public async Task The_caches_precision_is_part_of_revision_and_fingerprint()
    {
        using TinyModel model = TinyModel.Create();
        List<(string Revision, string Fingerprint)> found = [];
        foreach (string profile in (string[])["kv16", "kv4", "kv4"])
        {
            await using SparrowServer server = await SparrowServer.StartAsync(
                new Dictionary<string, string?> { ["KvCache:Profile"] = profile }, [$"tiny={model.Folder}"]);
            ServedModel served = server.Pool.Resolve("tiny");
            found.Add((served.Revision, served.Fingerprint));
        }

        Assert.NotEqual(found[0].Revision, found[1].Revision);
        Assert.NotEqual(found[0].Fingerprint, found[1].Fingerprint);
        Assert.Equal(found[1], found[2]);
    }

    [Fact]
    public async Task G11_A_name_with_a_slash_is_found_escaped_or_not()
    {
        using TinyModel model = TinyModel.Create();
        await using SparrowServer server = await SparrowServer.StartAsync(models: [$"org/tiny model={model.Folder}"]);
        foreach (string path in (string[])["/v1/models/org%2Ftiny%20model", "/v1/models/org/tiny%20model"])
        {
            Assert.Equal("org/tiny model", (await GetAsync(server.Client, path)).GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task Head_works_where_get_does()
    {
        using HttpResponseMessage response = await tiny.SendAsync(HttpMethod.Head, "/v1/models", null, null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using HttpResponseMessage missing = await tiny.SendAsync(HttpMethod.Head, "/v1/models/nobody", null, null);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData("/tokenize", "/detokenize")]
    [InlineData("/v1/tokenize", "/v1/detokenize")]
    public async Task Text_goes_to_tokens_and_back(string tokenize, string detokenize)
    {
        const string Text = "hello world é <|im_end|>";
        JsonElement tokens = await tiny.AskAsync(tokenize, JsonSerializer.Serialize(new { model = "tiny", prompt = Text }));
        Assert.Equal(tokens.GetProperty("tokens").GetArrayLength(), tokens.GetProperty("count").GetInt32());
        Assert.Equal(tiny.Model.Model.ContextLength, tokens.GetProperty("max_model_len").GetInt32());
        JsonElement back = await tiny.AskAsync(detokenize, $$"""{"tokens":{{tokens.GetProperty("tokens").GetRawText()}}}""");
        Assert.Equal(Text, back.GetProperty("prompt").GetString());
        Assert.Equal(Text, back.GetProperty("text").GetString());
    }

    [Fact]
    public async Task The_names_of_llama_cpp_are_understood()
    {
        JsonElement ours = await tiny.AskAsync("/tokenize", """{"prompt":"hello","add_special_tokens":false}""");
        JsonElement theirs = await tiny.AskAsync("/tokenize", """{"content":"hello"}""");
        Assert.Equal(ours.GetRawText(), theirs.GetRawText());
    }

    [Fact]
    public async Task A_conversation_is_tokenised_as_the_chat_endpoint_does()
    {
        const string Messages = """[{"role":"developer","content":"Be brief."},{"role":"user","content":"hi"}]""";
        JsonElement tokens = await tiny.AskAsync("/tokenize", $$"""{"messages":{{Messages}}}""");
        JsonElement answer = await tiny.AskAsync("/v1/chat/completions", $$"""{"messages":{{Messages}},"max_tokens":1,"return_token_ids":true}""");
        Assert.Equal(tokens.GetProperty("tokens").GetRawText(), answer.GetProperty("prompt_token_ids").GetRawText());
        JsonElement text = await tiny.AskAsync("/detokenize", $$"""{"tokens":{{tokens.GetProperty("tokens").GetRawText()}}}""");
        Assert.Equal(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", text.GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task The_tokenizer_is_described()
    {
        JsonElement info = await GetAsync(tiny.Client, "/tokenizer_info?model=tiny");
        Assert.Equal("<|im_end|>", info.GetProperty("eos_token").GetString());
        Assert.Equal("<|endoftext|>", info.GetProperty("bos_token").GetString());
        Assert.Equal("<|endoftext|>", info.GetProperty("pad_token").GetString());
        Assert.Equal(tiny.Model.Model.Tokenizer!.VocabularySize, info.GetProperty("vocab_size").GetInt32());
        Assert.Contains("im_start", info.GetProperty("chat_template").GetString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(info.GetProperty("tokenizer_class").GetString()));
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string path) =>
        JsonDocument.Parse(await client.GetStringAsync(path, TestContext.Current.CancellationToken)).RootElement;
}
