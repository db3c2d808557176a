using System.Text;
using System.Text.Json;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>Thousands of damaged bodies: each is answered in the contract's shape or works; nothing crashes or leaks a block.</summary>
public sealed class FuzzTests(TinyServer tiny) : IClassFixture<TinyServer>
{
    private const int Rounds = 5000;

    private static readonly (string Path, string Body)[] s_seeds =
    [
        ("/v1/completions", """{"model":"tiny","prompt":"hello","max_tokens":2,"temperature":0.5,"top_p":0.9,"stop":["x","yy"],"logprobs":2,"echo":true,"n":2,"seed":4,"logit_bias":{"5":-3}}"""),
        ("/v1/completions", """{"prompt":[[5,6],[7]],"max_tokens":1,"stream":true,"stream_options":{"include_usage":true},"stop_token_ids":[9],"return_token_ids":true}"""),
        ("/v1/chat/completions", """{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"hi"}]}],"max_tokens":2,"logprobs":true,"top_logprobs":1,"stream":true}"""),
        ("/v1/chat/completions", """{"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}],"max_completion_tokens":2,"metadata":{"a":"b"},"user":"u"}"""),
        ("/tokenize", """{"model":"tiny","prompt":"hello <|im_end|>","add_special_tokens":true}"""),
        ("/v1/tokenize", """{"messages":[{"role":"user","content":"x"}]}"""),
        ("/v1/uploads", """{"filename":"model.safetensors","purpose":"model","bytes":1000,"mime_type":"x/y","part_size":100,"expires_after":{"anchor":"created_at","seconds":3600}}"""),
        ("/v1/uploads/upload_none/complete", """{"part_ids":["part_1","part_2"],"md5":"00000000000000000000000000000000"}"""),
        ("/v1/compression/jobs", """{"model":"nobody","method":{"type":"recipe","recipe":{"version":1,"calibration":{"samples":4,"length":64},"steps":[{"type":"prune","method":"wanda","sparsity":0.5,"include":["mlp"]}]}},"evaluation":{"perplexity":true,"max_perplexity_increase":0.1,"window":64},"deploy":{"mode":"swap"},"suffix":"a","seed":7,"metadata":{"a":"b"},"resources":{"max_threads":2,"max_memory_bytes":1000}}"""),
        ("/v1/fine_tuning/jobs", """{"model":"nobody","training_file":null,"method":{"type":"preset","preset":"fast"},"hyperparameters":{"n_epochs":"auto"},"source":{"files":[{"file_id":"file-a","path":"a/b"}]}}"""),
        ("/v1/compression/estimates", """{"model":"nobody","method":{"type":"recipe","recipe":{"steps":[{"type":"quantize","method":"gptq","bits":4,"group_size":64}]}},"calibration_file":null}"""),
        ("/v1/swaps", """{"model":"tiny","revision":"previous","strategy":"auto","drain_seconds":1.5,"probe":true}"""),
        ("/v1/pool/load", """{"model":"nobody","pin":true,"kv_profile":"kv8","max_model_len":512,"ttl_seconds":60}"""),
        ("/v1/pool/unload", """{"model":"nobody","drain_seconds":1,"force":false}"""),
        ("/v1/models", """{"model":"org/new","source":{"files":[{"file_id":"file-a","path":"a/config.json"},{"file_id":"file-b"}]}}"""),
        ("/detokenize", """{"model":"tiny","tokens":[5,6,7,300]}"""),
    ];

    private static readonly string[] s_values =
    [
        "null", "true", "-1", "0", "1e999", "99999999999999999999", "0.5", "\"\"", "\"x\"", "\"\\ud800\"", "[]", "{}", "[[]]", "[null]", "[1,\"a\"]",
        "{\"a\":{\"b\":[1]}}", "-9223372036854775808", "\"\\u0000\"", "[[[[[[1]]]]]]", "NaN", "1.", "\"\ud83d\ude00\"",
    ];

    [Fact]
    public async Task Damaged_bodies_are_answered_in_the_contracts_shape()
    {
        Random random = new(20261122);
        List<Task> running = [];
        using SemaphoreSlim room = new(8);
        for (int round = 0; round < Rounds; round++)
        {
            (string path, string seed) = s_seeds[random.Next(s_seeds.Length)];
            byte[] body = Mutate(random, seed);
            await room.WaitAsync(TestContext.Current.CancellationToken);
            running.Add(SendAsync(round, path, body, room));
        }

        await Task.WhenAll(running);
        await tiny.AssertIdleAsync();
        JsonElement after = await tiny.AskAsync("/v1/completions", """{"prompt":"hello","max_tokens":1}""");
        Assert.Equal(1, after.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    private async Task SendAsync(int round, string path, byte[] body, SemaphoreSlim room)
    {
        try
        {
            using HttpResponseMessage response = await tiny.SendAsync(HttpMethod.Post, path, body, "application/json");
            string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            string what = $"round {round}: {path} {Encoding.UTF8.GetString(body)} → {(int)response.StatusCode} {text}";
            if (response.IsSuccessStatusCode)
            {
                return;
            }

            // 507: a size that a mutation made larger than the disk.
            Assert.True((int)response.StatusCode is (>= 400 and < 500) or 507, what);
            using JsonDocument answer = JsonDocument.Parse(text);
            JsonElement error = answer.RootElement.GetProperty("error");
            string[] members = [.. error.EnumerateObject().Select(member => member.Name)];
            Assert.True(members.Take(4).SequenceEqual((string[])["message", "type", "param", "code"]), what);
            Assert.True(error.GetProperty("code").ValueKind == JsonValueKind.String, what);
        }
        finally
        {
            room.Release();
        }
    }

    // One to three wounds: a flipped byte, a cut, a repeated piece, or another value in a member's place.
    private static byte[] Mutate(Random random, string seed)
    {
        string text = seed;
        List<byte> bytes = [];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            if (random.Next(2) == 0)
            {
                text = ReplaceValue(random, text);
            }
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(text));
        for (int i = random.Next(0, 3); i > 0 && bytes.Count > 2; i--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.Slice(at, Math.Min(random.Next(1, 12), bytes.Count - at)));
                    break;
                default:
                    bytes.Insert(at, (byte)"{}[],:\"0"[random.Next(8)]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static string ReplaceValue(Random random, string text)
    {
        int[] colons = [.. Enumerable.Range(0, text.Length).Where(index => text[index] == ':')];
        if (colons.Length == 0)
        {
            return text;
        }

        int start = colons[random.Next(colons.Length)] + 1;
        int end = text.IndexOfAny([',', '}'], start);
        return end < 0 ? text : text[..start] + s_values[random.Next(s_values.Length)] + text[end..];
    }
}
