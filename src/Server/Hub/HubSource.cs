using Sparrow.Server.Observability;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Hub;

/// <summary>
/// Pulls checkpoints from a hub into <c>Storage:Root/hub</c>. A revision's files lie in a folder of their own that is named by the commit and
/// appears when all of them are there and right; so a folder that exists is never asked for again.
/// </summary>
internal sealed partial class HubSource : IDisposable
{
    private const int MaxListingBytes = 32 << 20;

    private readonly ServerSettings _settings;
    private readonly ILogger<HubSource> _logger;
    private readonly HubTransport _transport;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly string _root;

    public HubSource(ServerSettings settings, TimeProvider time, ILogger<HubSource> logger)
    {
        _settings = settings;
        _logger = logger;
        _transport = new HubTransport(settings.Hub, time);
        _root = Path.Combine(settings.Storage.Root, "hub");
    }

    public void Dispose()
    {
        _transport.Dispose();
        _turn.Dispose();
    }

    /// <summary>Brings a checkpoint here, or finds it here.</summary>
    /// <param name="reference">What to pull.</param>
    /// <param name="progress">Told of bytes as they come; null: nobody.</param>
    /// <param name="cancellation">Ends the pull; what has arrived is kept for the next.</param>
    /// <exception cref="HubException">It cannot be had; the message says why.</exception>
    /// <exception cref="StorageFullException">The disk has no room for it.</exception>
    public async Task<HubCheckpoint> PullAsync(HubReference reference, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        // One at a time: two pulls of the same revision would write the same parts, and of two others, halve each other's speed.
        await _turn.WaitAsync(cancellation);
        try
        {
            if (reference.IsCommit && Find(reference, reference.Revision) is { } known)
            {
                return known;
            }

            HubListing listing;
            try
            {
                listing = await ListAsync(reference, cancellation);
            }
            catch (HubException exception) when (exception.Fault == HubFault.Unreachable && FindLast(reference) is { } last)
            {
                Log.Offline(_logger, reference.ToString(), last.Commit, exception.Message);
                return last;
            }

            return Find(reference, listing.Commit) ?? await FetchAsync(reference, listing, progress, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<HubListing> ListAsync(HubReference reference, CancellationToken cancellation)
    {
        Uri address = new(_settings.Hub.BaseAddress, $"api/models/{reference.Repository}/revision/{Uri.EscapeDataString(reference.Revision)}?blobs=true");
        try
        {
            byte[] json = await _transport.Retry.ExecuteAsync(
                async token =>
                {
                    using HttpResponseMessage response = await _transport.GetAsync(address, _ => { }, token);
                    return await _transport.Stall.ExecuteAsync(async limited => await ReadAsync(response, limited), token);
                },
                cancellation);
            return HubListing.Parse(json, reference);
        }
        catch (HubStatusException exception) when (exception.IsMissing)
        {
            throw new HubException(
                HubFault.NotFound,
                $"'{reference}' is not on the hub at {_settings.Hub.BaseAddress.Authority}, or needs a token that may read it (setting Hub:Token).",
                exception);
        }
        catch (Exception exception) when (exception is HubStatusException || HubTransport.IsWorthAnotherTry(exception))
        {
            throw new HubException(
                HubFault.Unreachable, $"The hub at {_settings.Hub.BaseAddress.Authority} cannot be asked for '{reference}': {exception.Message}", exception);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await response.Content.LoadIntoBufferAsync(MaxListingBytes, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    private async Task<HubCheckpoint> FetchAsync(
        HubReference reference, HubListing listing, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<HubFile> files = HubSelection.Choose(listing, reference);
        string folder = FolderOf(reference, listing.Commit);
        string partial = folder + ".partial";
        Directory.CreateDirectory(partial);
        long total = files.Sum(file => file.Bytes);
        RequireSpace(reference, partial, total);
        Log.Began(_logger, reference.ToString(), listing.Commit, files.Count, total / 1e6);
        long before = 0;
        foreach (HubFile file in files)
        {
            Uri address = new(
                _settings.Hub.BaseAddress, $"{reference.Repository}/resolve/{listing.Commit}/{Uri.EscapeDataString(file.Name)}");
            long done = before;
            HubDownload download = new(_transport, address, file, partial);
            await download.RunAsync(received => progress?.Report(new HubProgress(file.Name, done + received, total)), cancellation);
            before += file.Bytes;
        }

        Directory.Move(partial, folder);
        DurableFile.FlushFolder(Path.GetDirectoryName(folder)!);
        Remember(reference, listing.Commit);
        Log.Ended(_logger, reference.ToString(), listing.Commit);
        return Find(reference, listing.Commit) ?? throw new HubException(HubFault.NoModel, $"'{reference}' holds no weights.");
    }

    private void RequireSpace(HubReference reference, string partial, long total)
    {
        long have = new DirectoryInfo(partial).EnumerateFiles().Sum(file => file.Length);
        long free = _settings.Storage.FreeBytesAt(partial);
        if (total - have > free)
        {
            throw new StorageFullException($"'{reference}' takes {total - have} bytes more, and {free} are free.");
        }
    }

    private HubCheckpoint? Find(HubReference reference, string commit)
    {
        string folder = FolderOf(reference, commit);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        FileInfo[] files = new DirectoryInfo(folder).GetFiles();
        long bytes = files.Sum(file => file.Length);
        FileInfo[] gguf = [.. files.Where(file => file.Extension.Equals(".gguf", StringComparison.OrdinalIgnoreCase))];
        return new HubCheckpoint(gguf.Length == 1 ? gguf[0].FullName : folder, commit, bytes);
    }

    private HubCheckpoint? FindLast(HubReference reference) =>
        File.Exists(RefOf(reference)) ? Find(reference, File.ReadAllText(RefOf(reference)).Trim()) : null;

    private void Remember(HubReference reference, string commit)
    {
        string path = RefOf(reference);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", commit);
        File.Move(path + ".new", path, overwrite: true);
    }

    private string RepositoryFolder(HubReference reference) => Path.Combine(_root, reference.Repository.Replace("/", "--", StringComparison.Ordinal));

    // A commit's files and one chosen file of it are two things.
    private string FolderOf(HubReference reference, string commit) =>
        Path.Combine(RepositoryFolder(reference), reference.File is null ? commit : $"{commit}-{reference.File}");

    private string RefOf(HubReference reference) =>
        Path.Combine(RepositoryFolder(reference), "refs", Uri.EscapeDataString(reference.Revision) + (reference.File is null ? "" : "-") + reference.File);

    private static partial class Log
    {
        [LoggerMessage(EventIds.PullBegan, LogLevel.Information, "Pulling {Reference} ({Commit}): {Files} files, {Megabytes:0.0} MB")]
        public static partial void Began(ILogger logger, string reference, string commit, int files, double megabytes);

        [LoggerMessage(EventIds.PullEnded, LogLevel.Information, "Pulled {Reference} ({Commit})")]
        public static partial void Ended(ILogger logger, string reference, string commit);

        [LoggerMessage(EventIds.PullOffline, LogLevel.Warning, "Serving {Reference} as it was last pulled ({Commit}): {Reason}")]
        public static partial void Offline(ILogger logger, string reference, string commit, string reason);
    }
}
