using System.Diagnostics.Metrics;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Storage;

/// <summary>Instruments of what is stored and what is being sent (C §12.3).</summary>
internal sealed class StorageMetrics
{
    // a scrape is cheap. Folders may hold thousands of files, and change slowly.
    private static readonly TimeSpan s_measureInterval = TimeSpan.FromSeconds(15);

    private readonly Meter _meter;
    private readonly Counter<long> _uploaded;
    private readonly StorageRoot _root;
    private readonly string _hub;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Measurement<long>[]? _areas;
    private long _measured;

    public StorageMetrics(IMeterFactory factory, StorageRoot root, ServerSettings settings, TimeProvider time)
    {
        _root = root;
        _hub = Path.Combine(settings.Storage.Root, "hub");
        _time = time;
        _meter = factory.Create(new MeterOptions(ServerMetrics.MeterName));
        _uploaded = _meter.CreateCounter<long>("sparrow.upload.bytes", "By", "Bytes of parts received and flushed.");
        _uploaded.Add(0);
        _meter.CreateObservableGauge("sparrow.storage.bytes", Areas, "By", "Bytes below Storage:Root by area, and those that are free beside the reserve.");
    }

    /// <summary>A part of an upload is on the disk.</summary>
    public void Uploaded(long bytes) => _uploaded.Add(bytes);

    /// <summary>Shows how many uploads are pending.</summary>
    public void WatchUploads(Func<int> pending) =>
        _meter.CreateObservableGauge("sparrow.uploads.active", pending, "{upload}", "Uploads that are pending.");

    private Measurement<long>[] Areas()
    {
        lock (_lock)
        {
            if (_areas is null || _time.GetElapsedTime(_measured) >= s_measureInterval)
            {
                _areas =
                [
                    Of("files", BytesBelow(_root.Files)),
                    Of("uploads", BytesBelow(_root.Uploads)),
                    Of("jobs", BytesBelow(_root.Jobs)),
                    Of("revisions", BytesBelow(_root.Revisions)),
                    Of("jobs", BytesBelow(_root.Jobs)),
                    Of("hub", BytesBelow(_hub)),
                    Of("database", BytesOf(_root.Database) + BytesOf(_root.Database + "-wal")),
                    Of("free", _root.FreeBytes()),
                ];
                _measured = _time.GetTimestamp();
            }

            return _areas;
        }
    }

    private static Measurement<long> Of(string area, long bytes) => new(bytes, new KeyValuePair<string, object?>("area", area));

    private static long BytesOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static long BytesBelow(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return 0;
        }

        long bytes = 0;
        EnumerationOptions all = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", all))
            {
                bytes += BytesOfFound(file);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // A folder was deleted while we looked: the next look counts the rest.
        }

        return bytes;
    }

    private static long BytesOfFound(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            // Deleted while we looked.
            return 0;
        }
    }
}
