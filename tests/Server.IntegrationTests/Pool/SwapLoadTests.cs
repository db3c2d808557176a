using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sparrow.Runtime.Tensors;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-4 over and over: swaps and rollbacks while callers keep coming, streamed and whole, with one prompt and with several.</summary>
[Collection(nameof(SwapLoadTests))]
[CollectionDefinition(nameof(SwapLoadTests), DisableParallelization = true)]
public sealed class SwapLoadTests
{
    private const int Swaps = 50;
    private const int Callers = 4;

    private static readonly string[] s_prompts = ["One", "Two", "Three", "Four"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P_4_fifty_swaps_and_rollbacks_under_load_lose_mix_and_leak_nothing()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Scheduler:MaxRunning"] = "3", ["Scheduler:MaxQueuedRequests"] = "1000" });
        RevisionRecord next = server.Publish("tiny", 2);
        string first = server.Pool.Resolve("tiny").Revision;

        // What each revision says to each prompt, and what both take in memory.
        Dictionary<string, string?[]> truth = [];
        Dictionary<string, string> fingerprints = [];
        foreach (string revision in (string[])[next.Id, first])
        {
            await server.SwapAsync(new { model = "tiny", revision });
            JsonElement answer = await server.CompleteAsync("tiny", s_prompts, maxTokens: 24);
            string fingerprint = answer.Text("system_fingerprint")!;
            truth[fingerprint] = [.. s_prompts.Select((_, index) => answer.Answer(index))];
            fingerprints[revision] = fingerprint;
        }

        Assert.Equal(2, truth.Count);
        Assert.All(s_prompts.Select((_, index) => index), index => Assert.NotEqual(truth[fingerprints[first]][index], truth[fingerprints[next.Id]][index]));
        long bytes = NativeBuffer.AllocatedBytes;

        using CancellationTokenSource done = new();
        ConcurrentQueue<string> complaints = [];
        ConcurrentDictionary<string, int> counts = [];
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(server, caller, truth, complaints, counts, done.Token)))];
        try
        {
            for (int i = 0; i < Swaps; i++)
            {
                // Every fifth loads again from the disk; the others find the revision in memory.
                string strategy = i % 5 == 4 ? "drain" : "parallel";
                JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = i % 2 == 0 ? next.Id : "previous", strategy });
                Assert.True(swap.Text("status") == "succeeded", swap.GetRawText());
                JsonElement answer = await server.CompleteAsync("tiny", s_prompts[0], maxTokens: 24);
                Assert.Equal(fingerprints[i % 2 == 0 ? next.Id : first], answer.Text("system_fingerprint"));
            }
        }
        finally
        {
            await done.CancelAsync();
            await Task.WhenAll(callers);
        }

        Assert.Empty(complaints);
        Assert.All(truth.Keys, fingerprint => Assert.True(counts.GetValueOrDefault(fingerprint) > 0, "Both revisions answered."));
        await server.RunsAsync("tiny", 0);
        JsonElement pool = await server.PoolModelAsync("tiny");
        Assert.Equal(0, pool.GetProperty("leases").GetInt32());
        Assert.Equal(0, pool.GetProperty("queued").GetInt32());
        Assert.Equal(first, server.Pool.Resolve("tiny").Revision);
        Assert.Equal(2, pool.GetProperty("revisions").GetArrayLength());
        Assert.Equal(bytes, NativeBuffer.AllocatedBytes);
    }

    private static async Task CallAsync(
        SparrowServer server, int caller, Dictionary<string, string?[]> truth, ConcurrentQueue<string> complaints, ConcurrentDictionary<string, int> counts, CancellationToken done)
    {
        for (int i = caller; !done.IsCancellationRequested; i++)
        {
            try
            {
                (string fingerprint, string?[] answers, int at) = i % 3 == 0 ? await StreamAsync(server, i) : await AskAsync(server, i);
                counts.AddOrUpdate(fingerprint, 1, (_, count) => count + 1);
                if (!truth.TryGetValue(fingerprint, out string?[]? expected))
                {
                    complaints.Enqueue($"Unknown fingerprint {fingerprint}.");
                }
                else if (!answers.SequenceEqual(expected.Skip(at).Take(answers.Length)))
                {
                    complaints.Enqueue($"{fingerprint} did not say that: {string.Join(" | ", answers)}");
                }
            }
            catch (Exception exception)
            {
                complaints.Enqueue(exception.ToString());
                return;
            }
        }
    }

    /// <summary>A whole answer, of one prompt or of all.</summary>
    private static async Task<(string Fingerprint, string?[] Answers, int At)> AskAsync(SparrowServer server, int number)
    {
        bool all = number % 3 == 1;
        int at = all ? 0 : number % s_prompts.Length;
        JsonElement answer = await server.CompleteAsync("tiny", all ? s_prompts : s_prompts[at], maxTokens: 24);
        return (answer.Text("system_fingerprint")!, [.. answer.GetProperty("choices").EnumerateArray().Select(choice => choice.Text("text"))], at);
    }

    private static async Task<(string Fingerprint, string?[] Answers, int At)> StreamAsync(SparrowServer server, int number)
    {
        int at = number % s_prompts.Length;
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(
            "/v1/completions", new { model = "tiny", prompt = s_prompts[at], max_tokens = 24, temperature = 0, ignore_eos = true, stream = true }, Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        JsonElement[] frames =
        [
            .. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame.StartsWith("data: {", StringComparison.Ordinal))
                .Select(frame => JsonDocument.Parse(frame["data: ".Length..]).RootElement),
        ];
        string answer = string.Concat(frames.SelectMany(frame => frame.GetProperty("choices").EnumerateArray()).Select(choice => choice.Text("text")));
        return (Assert.Single(frames.Select(frame => frame.Text("system_fingerprint")).Distinct())!, [answer], at);
    }
}
