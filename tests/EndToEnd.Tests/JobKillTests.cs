using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

/// <summary>The server as a process of its own, killed while it compresses. scripts/job-kills.sh kills more often, at random moments.</summary>
public sealed class JobKillTests : IDisposable
{
    private const string Jobs = "/v1/compression/jobs";

    private readonly string _data = Directory.CreateTempSubdirectory("sparrow-kill-").FullName;
    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 4 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task J_1_a_job_killed_three_times_ends_with_the_bytes_of_an_undisturbed_one()
    {
        string undisturbed;
        string id;
        await using (ServerProcess first = Start())
        {
            using HttpClient client = new() { BaseAddress = await first.ReadyAsync() };
            undisturbed = Artifact(await WaitAsync(client, await CreateAsync(client, "none")));
            id = await CreateAsync(client, "swap");

            // As soon as it is accepted, wherever it is by then.
            first.Kill();
            await first.ExitAsync();
        }

        foreach (int layer in new[] { 1, 3 })
        {
            await using ServerProcess killed = Start();
            using HttpClient client = new() { BaseAddress = await killed.ReadyAsync() };
            while (await LayersAsync(client, id) < layer)
            {
                await Task.Delay(1, Cancellation);
            }

            killed.Kill();
            await killed.ExitAsync();
        }

        await using ServerProcess last = Start();
        using HttpClient reader = new() { BaseAddress = await last.ReadyAsync() };
        JsonElement job = await WaitAsync(reader, id);
        Assert.Equal(undisturbed, Artifact(job));

        // No job, event or report was lost or doubled, and the active revision changed once a job.
        JsonElement list = await GetAsync(reader, Jobs);
        Assert.Equal(2, list.GetProperty("data").GetArrayLength());
        Assert.Equal(3, job.GetProperty("result_files").GetArrayLength());
        Assert.Equal(4, await LayersAsync(reader, id));
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(_data, "revisions")).Length);
        using HttpResponseMessage answer = await reader.PostAsJsonAsync("/v1/completions", new { model = "tiny", prompt = "Hello", max_tokens = 4 }, Cancellation);
        Assert.Equal($"tiny@{job.GetProperty("revision").GetString()}", answer.Headers.GetValues("x-sparrow-model").Single());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_data, "jobs")));
    }

    private ServerProcess Start() => ServerProcess.Start(["serve", "--model", $"tiny={_model.Folder}"], ("Storage__Root", _data));

    private static async Task<string> CreateAsync(HttpClient client, string deploy)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync(
            Jobs,
            new
            {
                model = "tiny",
                seed = 7,
                deploy = new { mode = deploy },
                evaluation = new { perplexity = true, window = 64, max_windows = 2 },
                method = new
                {
                    type = "recipe",
                    recipe = new
                    {
                        calibration = new { samples = 8, length = 128 },
                        steps = new object[]
                        {
                            new { type = "prune", method = "sparsegpt", sparsity = 0.5 },
                            new { type = "quantize", method = "rtn", bits = 8, group_size = 32 },
                        },
                    },
                },
            },
            Cancellation);
        response.EnsureSuccessStatusCode();
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation)).GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> WaitAsync(HttpClient client, string id)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            JsonElement job = await GetAsync(client, $"{Jobs}/{id}");
            string status = job.GetProperty("status").GetString()!;
            if (status == "succeeded")
            {
                return job;
            }

            Assert.True(status is "validating_files" or "queued" or "running", $"The job is {status}: {job.GetProperty("error")}");
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(2), $"The job is still {status}.");
            await Task.Delay(10, Cancellation);
        }
    }

    private static async Task<int> LayersAsync(HttpClient client, string id) =>
        (await GetAsync(client, $"{Jobs}/{id}/checkpoints")).GetProperty("data").GetArrayLength();

    private static async Task<JsonElement> GetAsync(HttpClient client, string path) => JsonElement.Parse(await client.GetStringAsync(path, Cancellation));

    /// <summary>Digests of the files of a job's revision, but for the record of its publication.</summary>
    private string Artifact(JsonElement job)
    {
        string folder = Path.Combine(_data, "revisions", job.GetProperty("revision").GetString()!);
        return string.Join('\n', Directory.GetFiles(folder).Where(path => Path.GetFileName(path) != "revision.json").Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetFileName(path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}"));
    }
}
