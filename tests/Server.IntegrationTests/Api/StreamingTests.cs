using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>Section 5 of the contract over real sockets.</summary>
public sealed class StreamingTests(TinyServer tiny) : IClassFixture<TinyServer>
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string Conversation = """{"messages":[{"role":"user","content":"Count to ten."}],"temperature":1,"seed":11,"max_tokens":40""";

    [Fact]
    public async Task T1_T2_T4_T5_Chunks_have_the_documented_form()
    {
        List<JsonElement> frames = await tiny.StreamAsync(Chat, Conversation + ""","stream":true}""");
        Assert.Single(frames.Select(frame => (
            frame.GetProperty("id").GetString(),
            frame.GetProperty("created").GetInt64(),
            frame.GetProperty("model").GetString(),
            frame.GetProperty("system_fingerprint").GetString(),
            frame.GetProperty("object").GetString())).Distinct());
        Assert.StartsWith("chatcmpl-", frames[0].GetProperty("id").GetString(), StringComparison.Ordinal);
        JsonElement first = frames[0].GetProperty("choices")[0];
        Assert.Equal("""{"role":"assistant","content":""}""", first.GetProperty("delta").GetRawText());
        Assert.All(frames, frame => Assert.False(frame.TryGetProperty("usage", out _)));
        Assert.Equal("{}", frames[^1].GetProperty("choices")[0].GetProperty("delta").GetRawText());
        Assert.Single(frames, frame => frame.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind == JsonValueKind.String);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","stop":["e","th"]""")]
    [InlineData(""","stop":"a","include_stop_str_in_output":true""")]
    [InlineData(""","n":3""")]
    [InlineData(""","logprobs":true,"top_logprobs":3""")]
    [InlineData(""","stream_interval":7""")]
    [InlineData(""","skip_special_tokens":false,"ignore_eos":true""")]
    public async Task T8_Joined_deltas_equal_the_plain_answer(string members)
    {
        JsonElement plain = await tiny.AskAsync(Chat, Conversation + members + "}");
        List<JsonElement> frames = await tiny.StreamAsync(Chat, Conversation + members + ""","stream":true}""");
        foreach (JsonElement choice in plain.GetProperty("choices").EnumerateArray())
        {
            int index = choice.GetProperty("index").GetInt32();
            JsonElement[] parts = [.. frames.Select(frame => frame.GetProperty("choices")[0]).Where(part => part.GetProperty("index").GetInt32() == index)];
            string joined = string.Concat(parts.Select(part => part.GetProperty("delta").TryGetProperty("content", out JsonElement text) ? text.GetString() : ""));
            Assert.Equal(choice.GetProperty("message").GetProperty("content").GetString(), joined);
            Assert.Equal(choice.GetProperty("finish_reason").GetString(), parts[^1].GetProperty("finish_reason").GetString());
            Assert.Equal(choice.GetProperty("stop_reason").GetRawText(), parts[^1].GetProperty("stop_reason").GetRawText());
            if (choice.GetProperty("logprobs") is { ValueKind: JsonValueKind.Object } logprobs)
            {
                AssertBytesJoin(logprobs.GetProperty("content").EnumerateArray(), joined);
                AssertBytesJoin(
                    parts.Select(part => part.GetProperty("logprobs")).Where(part => part.ValueKind == JsonValueKind.Object)
                        .SelectMany(part => part.GetProperty("content").EnumerateArray()),
                    joined);
            }
        }
    }

    [Fact]
    public async Task T7_Usage_comes_last_and_is_null_before()
    {
        List<JsonElement> frames = await tiny.StreamAsync(Chat, Conversation + ""","stream":true,"stream_options":{"include_usage":true}}""");
        JsonElement last = frames[^1];
        Assert.Equal(0, last.GetProperty("choices").GetArrayLength());
        JsonElement usage = last.GetProperty("usage");
        Assert.Equal(
            usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32());
        Assert.True(usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32() >= 0);
        Assert.All(frames[..^1], frame => Assert.Equal(JsonValueKind.Null, frame.GetProperty("usage").ValueKind));
    }

    [Fact]
    public async Task T9_There_is_a_chunk_for_each_token_unless_merged()
    {
        const string Body = """{"prompt":"Once","max_tokens":21,"ignore_eos":true,"seed":3,"stream":true""";
        Assert.Equal(22, (await tiny.StreamAsync(Completions, Body + "}")).Count);

        // The first token goes out at once, then every tenth, then the end.
        Assert.Equal(4, (await tiny.StreamAsync(Completions, Body + ""","stream_interval":10}""")).Count);
    }

    [Fact]
    public async Task T6_Choices_interleave_and_each_ends_once()
    {
        List<JsonElement> frames = await tiny.StreamAsync(Completions, """{"prompt":["One","Two"],"n":2,"max_tokens":12,"ignore_eos":true,"stream":true}""");
        int[] ends = [.. frames.Select(frame => frame.GetProperty("choices")[0])
            .Where(choice => choice.GetProperty("finish_reason").ValueKind == JsonValueKind.String)
            .Select(choice => choice.GetProperty("index").GetInt32()).Order()];
        Assert.Equal([0, 1, 2, 3], ends);
    }

    [Fact]
    public async Task T10_Stop_reason_names_the_string_or_the_token()
    {
        JsonElement plain = await tiny.AskAsync(Completions, """{"prompt":"Once","max_tokens":30,"ignore_eos":true,"temperature":0,"return_token_ids":true}""");
        int[] ids = [.. plain.GetProperty("choices")[0].GetProperty("token_ids").EnumerateArray().Select(id => id.GetInt32())];
        int stop = ids[10];
        JsonElement stopped = (await tiny.AskAsync(
            Completions, $$"""{"prompt":"Once","max_tokens":30,"ignore_eos":true,"temperature":0,"stop_token_ids":[{{stop}}]}""")).GetProperty("choices")[0];
        Assert.Equal("stop", stopped.GetProperty("finish_reason").GetString());
        Assert.Equal(stop, stopped.GetProperty("stop_reason").GetInt32());
        Assert.Equal("length", plain.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, plain.GetProperty("choices")[0].GetProperty("stop_reason").ValueKind);
    }

    [Fact]
    public async Task E9_A_failure_in_a_stream_is_a_frame_and_an_unclean_end()
    {
        using TcpClient client = await ConnectAsync();
        NetworkStream stream = client.GetStream();
        await SendAsync(stream, """{"prompt":"Once","max_tokens":1900,"ignore_eos":true,"stream":true}""");
        string received = await ReadUntilAsync(stream, "data: {", "");
        tiny.Model.Queue.AbortAll();
        received = await ReadToEndAsync(stream, received);
        Assert.Contains("""data: {"error":{"message":""", received, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request_aborted\"", received, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", received, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n", received, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"", received, StringComparison.Ordinal);
        await tiny.AssertIdleAsync();
    }

    [Fact]
    public async Task E9_On_http2_the_frame_arrives_before_the_reset()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Server:Protocol"] = "http2" });
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using Http2Client client = new();
        await client.PostAsync(server.Address, Completions, """{"prompt":"Once","max_tokens":1900,"ignore_eos":true,"stream":true}""", cancellation);
        Assert.Equal(Http2Client.Headers, (await client.ReadAsync(cancellation)).Type);
        StringBuilder received = new((await client.ReadAsync(cancellation)).Payload);
        Assert.StartsWith("data: {", received.ToString(), StringComparison.Ordinal);
        server.Pool.Resolve("tiny").Queue.AbortAll();

        (byte type, bool endsStream, string payload) = await client.ReadAsync(cancellation);
        while (type == Http2Client.Data)
        {
            Assert.False(endsStream, "A broken stream does not end cleanly.");
            received.Append(payload);
            (type, endsStream, payload) = await client.ReadAsync(cancellation);
        }

        Assert.Equal(Http2Client.Reset, type);
        string[] frames = received.ToString().Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(
            frames[^1].StartsWith("""data: {"error":{"message":""", StringComparison.Ordinal),
            $"{frames.Length} frames of {received.Length} characters, the last: {frames[^1]}");
        Assert.DoesNotContain("data: [DONE]", frames);
    }

    [Fact]
    public async Task E4_The_callers_own_timeout_is_408_and_not_to_be_retried()
    {
        using HttpResponseMessage response = await tiny.PostAsync(Completions, """{"prompt":"Once","max_tokens":1900,"ignore_eos":true,"timeout_ms":1}""");
        Assert.Equal(HttpStatusCode.RequestTimeout, response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        await tiny.AssertIdleAsync();
    }

    [Fact]
    public async Task E9_A_timeout_after_the_first_token_is_a_frame()
    {
        using TcpClient client = await ConnectAsync();
        NetworkStream stream = client.GetStream();

        // Sixteen long choices take far longer than this; on a busy machine even the first token may, and then the status tells.
        await SendAsync(stream, """{"prompt":"Once","max_tokens":1900,"ignore_eos":true,"n":16,"timeout_ms":400,"stream":true}""");
        string received = await ReadUntilAsync(stream, "\"code\":\"timeout\"", "");
        if (received.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            received = await ReadToEndAsync(stream, received);
            Assert.Contains("""data: {"error":{"message":""", received, StringComparison.Ordinal);
            Assert.DoesNotContain("[DONE]", received, StringComparison.Ordinal);
            Assert.DoesNotContain("\r\n0\r\n", received, StringComparison.Ordinal);
        }
        else
        {
            Assert.StartsWith("HTTP/1.1 408", received, StringComparison.Ordinal);
        }

        await tiny.AssertIdleAsync();
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 300)]
    [InlineData(false, 0)]
    [InlineData(false, 300)]
    public async Task T13_A_caller_that_leaves_frees_its_blocks(bool streams, int afterMilliseconds)
    {
        for (int i = 0; i < 6; i++)
        {
            using TcpClient client = await ConnectAsync();
            client.LingerState = new LingerOption(enable: true, seconds: 0);
            string prompt = new('a', 100 * (i + 1));
            await SendAsync(client.GetStream(), $$"""{"prompt":"{{prompt}}","max_tokens":1000,"ignore_eos":true,"n":2,"stream":{{(streams ? "true" : "false")}}}""");
            await Task.Delay(afterMilliseconds, TestContext.Current.CancellationToken);
        }

        await tiny.AssertIdleAsync();
    }

    [Fact]
    public async Task E8_A_request_that_cannot_run_gets_a_status_and_no_stream()
    {
        using HttpResponseMessage response = await tiny.PostAsync(Completions, """{"prompt":[99999],"max_tokens":5,"stream":true}""");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
    }

    private static void AssertBytesJoin(IEnumerable<JsonElement> entries, string content)
    {
        byte[] bytes = [.. entries.SelectMany(entry => entry.GetProperty("bytes").EnumerateArray().Select(value => value.GetByte()))];
        Assert.Equal(content, Encoding.UTF8.GetString(bytes));
    }

    private async Task<TcpClient> ConnectAsync()
    {
        TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, tiny.Server.Address.Port, TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task SendAsync(NetworkStream stream, string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        string head = $"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. bytes], TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadUntilAsync(NetworkStream stream, string expected, string received)
    {
        byte[] buffer = new byte[4096];
        while (!received.Contains(expected, StringComparison.Ordinal))
        {
            int count = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.True(count > 0, $"The connection ended before '{expected}': {received}");
            received += Encoding.UTF8.GetString(buffer, 0, count);
        }

        return received;
    }

    private static async Task<string> ReadToEndAsync(NetworkStream stream, string received)
    {
        StringBuilder text = new(received);
        byte[] buffer = new byte[16384];
        try
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is int count and > 0)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }
        catch (IOException)
        {
            // A reset is as good an unclean end as a close.
        }

        return text.ToString();
    }
}
