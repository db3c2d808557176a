using System.Text.Json;
using Sparrow.Server.Storage.Revisions;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>P-3: what is not whole, or worse than its gate allows, never serves.</summary>
public sealed class SwapProbeTests
{
    [Fact]
    public async Task P_3_a_damaged_artifact_never_serves()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string? before = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        RevisionRecord next = server.Publish("tiny", 2);
        Damage(server, next);
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id });
        Assert.Equal("failed", swap.Text("status"));
        Assert.Equal("invalid_artifact", swap.GetProperty("error").Text("code"));
        Assert.Contains("damaged", swap.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Equal(before, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
        Assert.Single((await server.PoolModelAsync("tiny")).GetProperty("revisions").EnumerateArray());
    }

    [Fact]
    public async Task P_3_a_revision_whose_logits_are_no_numbers_never_serves()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string? before = (await server.CompleteAsync("tiny")).Text("system_fingerprint");
        RevisionRecord next = server.PublishOverflowing();
        foreach (bool probe in (bool[])[true, false])
        {
            JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = next.Id, probe });
            Assert.Equal("failed", swap.Text("status"));
            Assert.Contains("finite", swap.GetProperty("error").Text("message"), StringComparison.Ordinal);
        }

        Assert.Equal(before, (await server.CompleteAsync("tiny")).Text("system_fingerprint"));
    }

    [Fact]
    public async Task P_3_the_gate_of_the_job_has_to_be_met_still()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        RevisionRecord missed = server.Publish("tiny", 2, quality: new RevisionQuality(10, 5, "file-x", MaxPerplexityIncrease: 0.5));
        JsonElement swap = await server.SwapAsync(new { model = "tiny", revision = missed.Id });
        Assert.Equal("failed", swap.Text("status"));
        Assert.Equal("quality_gate", swap.GetProperty("error").Text("code"));

        RevisionRecord met = server.Publish("tiny", 2, quality: new RevisionQuality(7, 5, "file-x", MaxPerplexityIncrease: 0.5));
        Assert.Equal("succeeded", (await server.SwapAsync(new { model = "tiny", revision = met.Id })).Text("status"));
    }

    private static void Damage(SparrowServer server, RevisionRecord revision)
    {
        string weights = Directory.EnumerateFiles(server.Revisions().FolderOf(revision.Id), "*.safetensors").First();
        using FileStream file = new(weights, FileMode.Open, FileAccess.ReadWrite);
        file.Seek(-3, SeekOrigin.End);
        int value = file.ReadByte();
        file.Seek(-1, SeekOrigin.Current);
        file.WriteByte((byte)(value ^ 1));
    }
}
