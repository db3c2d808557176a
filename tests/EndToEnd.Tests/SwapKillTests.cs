using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

/// <summary>The server is killed around swaps: what serves afterwards is one whole revision or the other, and a swap that had succeeded stays.</summary>
public sealed class SwapKillTests : IDisposable
{
    // A few always; the many of a long run are asked for.
    private static readonly int s_kills = int.TryParse(Environment.GetEnvironmentVariable("SPARROW_SWAP_KILLS"), out int kills) ? kills : 4;

    private readonly string _data = Directory.CreateTempSubdirectory("sparrow-swap-kill-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task P_9_killed_around_a_swap_one_whole_revision_serves()
    {
        using TinyModel model = TinyModel.Create();
        using TinyModel other = TinyModel.Create(new Runtime.Loading.RandomCheckpointOptions { Seed = 2 });
        string[] arguments = ["serve", "--model", $"tiny={model.Folder}"];
        Random random = new(20261122);
        Dictionary<string, string> answers = [];
        string? stored = null;
        string? settled = null;
        bool mayHaveFlipped = false;
        string? target = null;
        for (int round = 0; round <= s_kills; round++)
        {
            await using ServerProcess server = ServerProcess.Start(arguments, ("Storage__Root", _data));
            using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };
            stored ??= await ImportAsync(client, other.Folder);

            // What serves is what had been settled, or what was on its way.
            (string revision, string answer) = await AskAsync(client);
            settled ??= revision;
            Assert.True(revision == settled || (mayHaveFlipped && revision == target), $"{revision} serves; {settled} was settled and {target} was on its way.");
            Assert.Equal(answers.GetValueOrDefault(revision, answer), answer);
            answers[revision] = answer;
            settled = revision;
            JsonElement swaps = await GetAsync(client, "/v1/swaps");
            Assert.All(
                swaps.GetProperty("data").EnumerateArray(), swap => Assert.Contains(swap.GetProperty("status").GetString(), (string[])["succeeded", "failed"]));
            if (round == s_kills)
            {
                break;
            }

            target = revision == stored ? "previous" : stored;
            using HttpResponseMessage begun = await client.PostAsJsonAsync("/v1/swaps", new { model = "tiny", revision = target }, Cancellation);
            JsonElement record = await ReadAsync(begun);
            target = record.GetProperty("to").GetString();
            mayHaveFlipped = true;
            if (round % 2 == 1)
            {
                await UntilEndedAsync(client, record.GetProperty("id").GetString()!);
                settled = target;
                mayHaveFlipped = false;
            }
            else
            {
                await Task.Delay(random.Next(0, 60), Cancellation);
            }

            server.Kill();
            await server.ExitAsync();
        }

        Assert.True(answers.Count > 0);
    }

    private static async Task<string> ImportAsync(HttpClient client, string folder)
    {
        List<object> parts = [];
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            using MultipartFormDataContent form = new()
            {
                { new ByteArrayContent(await File.ReadAllBytesAsync(path, Cancellation)), "file", Path.GetFileName(path) },
                { new StringContent("model"), "purpose" },
            };
            using HttpResponseMessage sent = await client.PostAsync("/v1/files", form, Cancellation);
            parts.Add(new { file_id = (await ReadAsync(sent)).GetProperty("id").GetString(), path = Path.GetFileName(path) });
        }

        using HttpResponseMessage begun = await client.PostAsJsonAsync("/v1/models", new { model = "tiny", source = new { files = parts } }, Cancellation);
        await ReadAsync(begun);
        string id = begun.Headers.GetValues("x-sparrow-revision").Single();
        while ((await client.GetAsync($"/v1/revisions/{id}", Cancellation)).StatusCode != HttpStatusCode.OK)
        {
            await Task.Delay(20, Cancellation);
        }

        return id;
    }

    private static async Task UntilEndedAsync(HttpClient client, string swap)
    {
        while (true)
        {
            string? status = (await GetAsync(client, $"/v1/swaps/{swap}")).GetProperty("status").GetString();
            Assert.NotEqual("failed", status);
            if (status == "succeeded")
            {
                return;
            }

            await Task.Delay(20, Cancellation);
        }
    }

    private static async Task<(string Revision, string Answer)> AskAsync(HttpClient client)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync(
            "/v1/completions", new { model = "tiny", prompt = "Hello", max_tokens = 8, temperature = 0, ignore_eos = true }, Cancellation);
        JsonElement answer = await ReadAsync(response);
        string header = response.Headers.GetValues("x-sparrow-model").Single();
        return (header[(header.IndexOf('@', StringComparison.Ordinal) + 1)..], answer.GetProperty("choices")[0].GetProperty("text").GetString()!);
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(path, Cancellation);
        return await ReadAsync(response);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
