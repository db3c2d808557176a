using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>What tests of swaps begin with.</summary>
internal static class SwapSetUp
{
    /// <summary>More tokens than a tiny model generates while a swap of revisions in memory takes place, even where the machine has other things to do.</summary>
    public const int LongAnswer = 4000;

    private static Dictionary<string, string?> OneAtATime => new() { ["Scheduler:MaxRunning"] = "1" };

    public static RandomCheckpointOptions LongContext => new() { ContextLength = LongAnswer + 100 };

    /// <summary>A server that runs one request at a time, and may for long.</summary>
    public static Task<SparrowServer> OneAtATimeAsync() => SparrowServer.StartAsync(OneAtATime, tiny: LongContext);

    /// <summary>Waits until so many requests run, or until one has ended already: a busy machine may look away for as long as a short answer takes.</summary>
    public static Task RunsAsync(this SparrowServer server, string model, int count, Task? request = null) =>
        Eventually.BecomesTrueAsync(() => Task.FromResult(server.Pool.Get(model).Queue.Snapshot.RunningRequests == count || request is { IsCompleted: true }));

    public static Task WaitsAsync(this SparrowServer server, string model, int count) =>
        Eventually.BecomesTrueAsync(() => Task.FromResult(server.Pool.Get(model).Queue.Snapshot.WaitingRequests == count));

    /// <summary>A revision that is in memory already, so that a swap to it takes no time.</summary>
    public static async Task<RevisionRecord> PublishKeptAsync(this SparrowServer server, RandomCheckpointOptions options)
    {
        RevisionRecord revision = server.Publish("tiny", seed: 2, options);
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = revision.Id })).Text("status"));
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = "previous" })).Text("status"));
        return revision;
    }

    /// <summary>A server whose budget holds the model once and a half.</summary>
    public static async Task<SparrowServer> TightAsync()
    {
        long bytes;
        await using (SparrowServer probe = await OneAtATimeAsync())
        {
            await probe.CompleteAsync("tiny");
            bytes = probe.Memory().Used;
        }

        Dictionary<string, string?> settings = OneAtATime;
        settings["Pool:MemoryBytes"] = $"{bytes * 3 / 2}";
        return await SparrowServer.StartAsync(settings, tiny: LongContext);
    }

    /// <summary>A revision of finite weights whose logits overflow: whole files, and no model.</summary>
    public static RevisionRecord PublishOverflowing(this SparrowServer server)
    {
        RevisionStore revisions = server.Revisions();
        string folder = revisions.NewStagingFolder();
        RandomCheckpoint.Write(folder, new RandomCheckpointOptions { Seed = 9 });
        string path = Directory.EnumerateFiles(folder, "*.safetensors").First();
        byte[] bytes = File.ReadAllBytes(path);
        int data = 8 + (int)BitConverter.ToInt64(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, data - 8));
        JsonElement range = header.RootElement.GetProperty("lm_head.weight").GetProperty("data_offsets");
        for (int i = data + range[0].GetInt32(); i < data + range[1].GetInt32(); i += sizeof(float))
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(i), 1e38f);
        }

        File.WriteAllBytes(path, bytes);
        return revisions.Publish(new NewRevision("tiny", folder));
    }
}
