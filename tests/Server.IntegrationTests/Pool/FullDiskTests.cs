using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Records;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>A full disk around revisions and swaps: nothing half visible, and the old revision serves.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task P_3_a_swap_whose_records_find_no_room_leaves_the_old_revision_serving()
    {
        await using SparrowServer server = await StartAsync();
        FailingRecords records = (FailingRecords)server.Services.GetRequiredService<IRecordStore>();
        JsonElement before = await server.CompleteAsync("tiny");
        RevisionRecord next = server.Publish("tiny", 2);
        foreach (string strategy in (string[])["parallel", "drain"])
        {
            PoolEntry entry = server.Pool.Get("tiny");
            await entry.Gate.WaitAsync(TestContext.Current.CancellationToken);
            JsonElement swap = await server.BeginSwapAsync(new { model = "tiny", revision = next.Id, strategy });
            records.Fails = change => change.Kind is "pool_model" or "swap";
            entry.Gate.Release();
            swap = await server.EndOfSwapAsync(swap);
            Assert.Equal("failed", swap.Text("status"));
            Assert.Equal("insufficient_storage", swap.GetProperty("error").Text("code"));
            JsonElement after = await server.CompleteAsync("tiny");
            Assert.Equal(before.Text("system_fingerprint"), after.Text("system_fingerprint"));
            Assert.Equal(before.Answer(), after.Answer());
            Assert.Single((await server.PoolModelAsync("tiny")).GetProperty("revisions").EnumerateArray());
            records.Fails = static _ => false;
        }

        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = next.Id })).Text("status"));
    }

    [Fact]
    public async Task A_swap_that_cannot_be_recorded_is_not_begun()
    {
        await using SparrowServer server = await StartAsync();
        RevisionRecord next = server.Publish("tiny", 2);
        ((FailingRecords)server.Services.GetRequiredService<IRecordStore>()).Fails = static _ => true;
        (await server.BeginSwapAsync(new { model = "tiny", revision = next.Id }, HttpStatusCode.InsufficientStorage)).AssertError("insufficient_storage");
        await server.CompleteAsync("tiny");
    }

    [Fact]
    public async Task A_revision_that_cannot_be_recorded_goes_back_to_where_it_was_staged()
    {
        await using SparrowServer server = await StartAsync();
        RevisionStore revisions = server.Revisions();
        string folder = revisions.NewStagingFolder();
        RandomCheckpoint.Write(folder, new RandomCheckpointOptions { Seed = 2 });
        FailingRecords records = (FailingRecords)server.Services.GetRequiredService<IRecordStore>();
        records.Fails = static change => change.Kind == "revision";
        Assert.Throws<StorageFullException>(() => revisions.Publish(new NewRevision("tiny", folder)));
        Assert.True(Directory.Exists(folder));
        Assert.Empty(revisions.List());
        records.Fails = static _ => false;
        Assert.Single([revisions.Publish(new NewRevision("tiny", folder))]);
    }

    private static Task<SparrowServer> StartAsync() => SparrowServer.StartAsync(
        replace: services => services.AddSingleton<IRecordStore>(provider => new FailingRecords(provider.GetRequiredService<StorageRoot>())));
}
