using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Sparrow.Server.Commands;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hub;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Hub;

/// <summary>Pulls from a hub that works, and from one that does not.</summary>
public sealed class HubPullTests : IDisposable
{
    private const string Weights = "model.safetensors";

    private readonly TinyModel _model = TinyModel.Create();
    private readonly ScratchFolder _root = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _model.Dispose();
        _root.Dispose();
    }

    [Fact]
    public async Task A_repository_becomes_a_folder_of_the_same_bytes_and_a_second_pull_fetches_nothing()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        using HubSource source = Source(hub);
        Seen seen = new();
        HubCheckpoint pulled = await source.PullAsync(HubReference.Parse("hf:acme/tiny"), seen, Cancellation);
        Assert.Equal(FakeHub.Commit, pulled.Commit);
        AssertWhole(hub, pulled);
        Assert.Equal(pulled.Bytes, seen.Last.ReceivedBytes);
        Assert.Equal(pulled.Bytes, seen.Last.TotalBytes);

        int calls = hub.Calls.Count;
        Assert.Equal(pulled, await source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Equal(calls + 1, hub.Calls.Count);

        // A commit never changes, so nobody need be asked.
        Assert.Equal(pulled, await source.PullAsync(HubReference.Create("acme/tiny", FakeHub.Commit), null, Cancellation));
        Assert.Equal(calls + 1, hub.Calls.Count);
    }

    [Fact]
    public async Task Cuts_and_stalls_are_resumed_where_they_happened()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        int[] cuts = [1000, 40_000, 1, 100_000];
        hub.Break(Weights, [.. cuts.Select(bytes => hub.Cut(Weights, bytes)), hub.Freeze(Weights, 5000)]);
        using HubSource source = Source(hub, ("Hub:StallSeconds", "0.3"));
        AssertWhole(hub, await source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        string[] calls = [.. hub.Calls.Where(call => call.StartsWith("store", StringComparison.Ordinal))];
        Assert.Equal(cuts.Length + 2, calls.Length);

        // What a cut connection had in flight may be lost, but never what had arrived; the stalled one loses nothing.
        int[] offsets = [.. calls.Select(call => call.Contains("bytes=", StringComparison.Ordinal) ? int.Parse(call.Split('=')[1].TrimEnd('-'), CultureInfo.InvariantCulture) : 0)];
        Assert.Equal(offsets.Order(), offsets);
        Assert.Equal(offsets[^2] + 5000, offsets[^1]);
    }

    [Fact]
    public async Task A_pull_that_was_ended_goes_on_where_it_was_in_another_process()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        hub.Break(Weights, hub.Freeze(Weights, 50_000));
        using (CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        using (HubSource first = Source(hub))
        {
            Seen seen = new(progress =>
            {
                if (progress.File == Weights && progress.TotalBytes > 0 && hub.Calls.Any(call => call.StartsWith("store", StringComparison.Ordinal)))
                {
                    stop.Cancel();
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.PullAsync(HubReference.Create("acme/tiny"), seen, stop.Token));
        }

        using HubSource second = Source(hub);
        AssertWhole(hub, await second.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        string last = hub.Calls.Last(call => call.StartsWith("store", StringComparison.Ordinal));
        Assert.Matches("bytes=[1-9][0-9]*-$", last);
    }

    [Fact]
    public async Task Server_errors_and_429_are_tried_again_and_the_wait_that_was_asked_for_is_kept()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        hub.Break("list", FakeHub.Status(500), FakeHub.Status(502));
        hub.Break(Weights, FakeHub.Status(503), FakeHub.Status(429, retryAfterSeconds: 1));
        using HubSource source = Source(hub);
        long start = TimeProvider.System.GetTimestamp();
        AssertWhole(hub, await source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_hub_that_stays_broken_is_given_up_and_named()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        hub.Break(Weights, [.. Enumerable.Repeat(FakeHub.Status(500), 20)]);
        using HubSource source = Source(hub, ("Hub:Attempts", "3"));
        HubException exception = await Assert.ThrowsAsync<HubException>(() => source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Equal(HubFault.Unreachable, exception.Fault);
        Assert.Contains(Weights, exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, hub.Calls.Count(call => call.StartsWith("store", StringComparison.Ordinal)));
        AssertNothingVisible();
    }

    [Theory]
    [InlineData(Weights, 64)]
    [InlineData("config.json", 40)]
    public async Task A_wrong_digest_is_fetched_once_more_and_then_refused(string name, int digits)
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        hub.AnnouncedDigests[name] = new string('a', digits);
        using HubSource source = Source(hub);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Equal(HubFault.WrongDigest, exception.Fault);
        Assert.Equal("checksum_mismatch", exception.Code);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Fact]
    public async Task Content_that_changes_midway_is_fetched_anew_and_never_mixed()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        byte[] right = hub.ContentOf(Weights);
        byte[] old = [.. right.Select(value => (byte)(value ^ 0x5a))];
        hub.Break(Weights, async context =>
        {
            hub.Replace(Weights, old);
            await hub.Cut(Weights, 70_000)(context);
            hub.Replace(Weights, right);
            return true;
        });
        using HubSource source = Source(hub);
        AssertWhole(hub, await source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Contains(hub.Calls, call => call.Contains("bytes=70000-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_longer_than_announced_is_stopped()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        hub.Break("config.json", async context =>
        {
            byte[] endless = new byte[1 << 16];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(endless);
            }

            return true;
        });
        using HubSource source = Source(hub);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Equal(HubFault.WrongDigest, exception.Fault);
    }

    [Fact]
    public async Task S_8_only_weights_and_text_at_the_top_are_pulled()
    {
        byte[] junk = [1, 2, 3];
        await using FakeHub hub = FakeHub.Start(
            _model.Folder, ("pytorch_model.bin", junk), ("train.py", junk), ("onnx/model.safetensors", junk), ("../escape.json", junk), (".hidden.json", junk),
            ("consolidated.safetensors", junk), ("weights.gguf", junk), ("merges.txt", junk));
        using HubSource source = Source(hub);
        HubCheckpoint pulled = await source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation);
        string[] expected = [.. Directory.GetFiles(_model.Folder).Select(path => Path.GetFileName(path)), "merges.txt"];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.GetFiles(pulled.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task S_8_a_repository_of_pickles_is_refused_with_the_reason()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder, ("pytorch_model.bin", [1]));
        hub.Remove(Weights);
        using HubSource source = Source(hub);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Equal("unsupported_file_format", exception.Code);
        Assert.Contains("pickles", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_GGUF_files_one_is_named()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder, ("a-q4.gguf", [1, 2]), ("a-q8.gguf", [3, 4, 5]));
        hub.Remove(Weights);
        using HubSource source = Source(hub);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.Contains("a-q4.gguf, a-q8.gguf", exception.Message, StringComparison.Ordinal);
        HubCheckpoint pulled = await source.PullAsync(HubReference.Parse("hf:acme/tiny@main#a-q8.gguf"), null, Cancellation);
        Assert.Equal([3, 4, 5], await File.ReadAllBytesAsync(pulled.Path, Cancellation));
        Assert.EndsWith("a-q8.gguf", pulled.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_where_it_redirects_to()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        hub.Token = "hf_secret";
        using (HubSource without = Source(hub))
        {
            HubException exception = await Assert.ThrowsAsync<HubException>(() => without.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
            Assert.Equal(HubFault.NotFound, exception.Fault);
            Assert.Contains("Hub:Token", exception.Message, StringComparison.Ordinal);
        }

        using HubSource with = Source(hub, ("Hub:Token", "hf_secret"));
        AssertWhole(hub, await with.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.All(hub.Calls.Where(call => call.StartsWith("store", StringComparison.Ordinal)), call => Assert.DoesNotContain("token", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found_at_once_and_what_does_not_fit_is_refused_before_it_comes()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        using HubSource source = Source(hub);
        HubException exception = await Assert.ThrowsAsync<HubException>(() => source.PullAsync(HubReference.Create("acme/other"), null, Cancellation));
        Assert.Equal(HubFault.NotFound, exception.Fault);
        Assert.Single(hub.Calls);

        using HubSource full = Source(hub, ("Storage:ReserveBytes", "1000000TiB"));
        await Assert.ThrowsAsync<StorageFullException>(() => full.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        Assert.DoesNotContain(hub.Calls, call => call.StartsWith("store", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_hub_what_was_pulled_last_is_used()
    {
        HubCheckpoint pulled;
        FakeHub hub = FakeHub.Start(_model.Folder);
        await using (hub)
        {
            using HubSource source = Source(hub);
            pulled = await source.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation);
        }

        using HubSource offline = Source(hub, ("Hub:Attempts", "2"));
        Assert.Equal(pulled, await offline.PullAsync(HubReference.Create("acme/tiny"), null, Cancellation));
        HubException exception = await Assert.ThrowsAsync<HubException>(() => offline.PullAsync(HubReference.Create("acme/tiny", "v2"), null, Cancellation));
        Assert.Equal(HubFault.Unreachable, exception.Fault);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("acme/../tiny")]
    [InlineData("acme/..")]
    [InlineData("acme/tiny/more")]
    [InlineData("acme/tiny@../../etc")]
    [InlineData("acme/tiny@")]
    [InlineData("acme/tiny?x=1")]
    [InlineData("acme/tiny#../x.gguf")]
    [InlineData("")]
    public void References_that_could_leave_their_place_are_refused(string text)
    {
        HubException exception = Assert.Throws<HubException>(() => HubReference.Parse(text));
        Assert.Equal(HubFault.BadReference, exception.Fault);
        Assert.Equal(HttpStatusCode.BadRequest, (HttpStatusCode)exception.ToApiException("source.hub").Status);
    }

    [Fact]
    public async Task A_model_of_a_command_line_is_pulled_and_served_under_its_name()
    {
        await using FakeHub hub = FakeHub.Start(_model.Folder);
        ServerSettings settings = Settings(hub);
        IReadOnlyList<ModelSource> sources = await HubModels.PullAsync([ModelSource.Parse("hf:acme/tiny@main")], settings, Cancellation);
        await using SparrowServer server = await SparrowServer.StartAsync(models: [$"{sources[0].Name}={sources[0].Path}"]);
        using HttpResponseMessage response = await Completion.PostAsync(server, "tiny", Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private HubSource Source(FakeHub hub, params (string Key, string Value)[] settings) =>
        new(Settings(hub, settings), TimeProvider.System, NullLogger<HubSource>.Instance);

    private ServerSettings Settings(FakeHub hub, params (string Key, string Value)[] settings)
    {
        Dictionary<string, string?> values = new()
        {
            ["Hub:BaseAddress"] = hub.Address.ToString(),
            ["Hub:RetrySeconds"] = "0.01",
            ["Storage:Root"] = _root.Path,
            ["Storage:ReserveBytes"] = "0",
        };
        foreach ((string key, string value) in settings)
        {
            values[key] = value;
        }

        return ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }

    private static void AssertWhole(FakeHub hub, HubCheckpoint pulled)
    {
        foreach (string path in Directory.GetFiles(pulled.Path))
        {
            Assert.Equal(hub.ContentOf(Path.GetFileName(path)), File.ReadAllBytes(path));
        }

        Assert.True(File.Exists(Path.Combine(pulled.Path, Weights)));
        Assert.True(File.Exists(Path.Combine(pulled.Path, "config.json")));
    }

    private void AssertNothingVisible() =>
        Assert.All(Directory.GetDirectories(Path.Combine(_root.Path, "hub", "acme--tiny")), folder => Assert.EndsWith(".partial", folder, StringComparison.Ordinal));

    private sealed class Seen(Action<HubProgress>? then = null) : IProgress<HubProgress>
    {
        public HubProgress Last { get; private set; }

        public void Report(HubProgress value)
        {
            Last = value;
            then?.Invoke(value);
        }
    }
}
