using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Storage.Uploads;

/// <summary>
/// Uploads in parts (C §8). A part exists when its record does; its bytes were flushed before, so that it survives a crash (U-2). What lies in
/// the folder without a record is a left-over and goes at the next start.
/// </summary>
internal sealed partial class UploadStore
{
    /// <summary>Most bytes of a part.</summary>
    public const long MaxPartBytes = 64 << 20;

    /// <summary>Most bytes of an upload.</summary>
    public const long MaxBytes = 1L << 40;

    /// <summary>Largest number of a part.</summary>
    public const int MaxPartNumber = 100_000;

    // How long the record of an upload that has ended answers questions.
    private const long EndedSeconds = 7 * 24 * 60 * 60;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Completion> _completing = [];
    private readonly StorageRoot _root;
    private readonly IRecordStore _records;
    private readonly RecordSet<UploadRecord> _uploads;
    private readonly RecordSet<PartRecord> _parts;
    private readonly FileStore _files;
    private readonly IdempotencyStore _keys;
    private readonly UploadSettings _settings;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;

    public UploadStore(
        StorageRoot root,
        IRecordStore records,
        FileStore files,
        IdempotencyStore keys,
        ServerSettings settings,
        StorageMetrics metrics,
        TimeProvider time)
    {
        _root = root;
        _records = records;
        _uploads = new RecordSet<UploadRecord>(records, "upload", StorageJsonContext.Default.UploadRecord);
        _parts = new RecordSet<PartRecord>(records, "part", StorageJsonContext.Default.PartRecord);
        _files = files;
        _keys = keys;
        _settings = settings.Uploads;
        _metrics = metrics;
        _time = time;
        RemoveLeftOvers();
        metrics.WatchUploads(() => _uploads.List().Count(upload => upload.Status == UploadStatus.Pending));
    }

    /// <summary>Begins an upload and reserves its space (U-5), or finishes it at once where its owner has the file already.</summary>
    /// <exception cref="ApiException">507 where it does not fit; 409 for a key used otherwise.</exception>
    public UploadRecord Create(NewUpload asked, IdempotencyKey? key)
    {
        lock (_lock)
        {
            if (key is not null && _keys.Find(key) is { } earlier && _uploads.Find(earlier) is { } known)
            {
                return known;
            }

            FileRecord? same = asked.Sha256 is null ? null : _files.List().FirstOrDefault(
                file => file.Sha256 == asked.Sha256 && file.Bytes == asked.Bytes && file.Owner == asked.Owner && file.Purpose == asked.Purpose);
            if (same is null)
            {
                RequireSpace(BytesToReserve(asked.Bytes));
            }

            long now = Now();
            UploadRecord upload = new()
            {
                Id = ApiId.New("upload_"),
                Filename = asked.Filename,
                Purpose = asked.Purpose,
                Bytes = asked.Bytes,
                MimeType = asked.MimeType,
                Sha256 = asked.Sha256,
                PartSize = asked.PartSize,
                CreatedAt = now,
                TouchedAt = now,
                Status = same is null ? UploadStatus.Pending : UploadStatus.Completed,
                FileId = same?.Id,
                FileExpireSeconds = asked.FileExpireSeconds,
                Owner = asked.Owner,
            };
            RecordChange put = _uploads.Put(upload.Id, upload);
            if (key is null)
            {
                _records.Apply(put);
            }
            else
            {
                _records.Apply(put, _keys.Remember(key, upload.Id));
            }

            return upload;
        }
    }

    /// <exception cref="ApiException">404.</exception>
    public UploadRecord Get(string id)
    {
        UploadRecord upload = _uploads.Find(id)
            ?? throw new ApiException(404, "invalid_request_error", "not_found", $"There is no upload '{id}'.", "upload_id");
        return upload.Status == UploadStatus.Pending && ExpiresAt(upload) <= Now() ? upload with { Status = UploadStatus.Expired } : upload;
    }

    /// <summary>The parts received, by number.</summary>
    public IReadOnlyList<PartRecord> PartsOf(UploadRecord upload) => [.. _parts.List(upload.Id).OrderBy(part => part.Number)];

    /// <summary>U-3: a pending upload expires so long after its last part.</summary>
    public long ExpiresAt(UploadRecord upload) => upload.TouchedAt + (long)_settings.Expire.TotalSeconds;

    /// <exception cref="ApiException">404; 409 once completed.</exception>
    public UploadRecord Cancel(string id)
    {
        UploadRecord upload;
        lock (_lock)
        {
            upload = Get(id);
            if (upload.Status == UploadStatus.Cancelled)
            {
                return upload;
            }

            upload = RequirePending(id) with { Status = UploadStatus.Cancelled };
            End(upload);
        }

        DeleteFolder(upload.Id);
        return upload;
    }

    /// <summary>Ends uploads that have expired, and forgets those that ended long ago.</summary>
    public void RemoveExpired()
    {
        foreach (UploadRecord found in _uploads.List())
        {
            lock (_lock)
            {
                UploadRecord? upload = _uploads.Find(found.Id);
                if (upload is { Status: UploadStatus.Pending } && ExpiresAt(upload) <= Now() && !_completing.ContainsKey(upload.Id))
                {
                    End(upload with { Status = UploadStatus.Expired });
                    DeleteFolder(upload.Id);
                }
                else if (upload is { Status: not UploadStatus.Pending } && upload.TouchedAt + EndedSeconds <= Now())
                {
                    _records.Apply(_uploads.Delete(upload.Id));
                }
            }
        }
    }

    /// <summary>Bytes that are free and not promised to anybody.</summary>
    /// <exception cref="ApiException">507 where they do not suffice.</exception>
    public void RequireSpace(long bytes)
    {
        long promised = 0;
        foreach (UploadRecord upload in _uploads.List().Where(upload => upload.Status == UploadStatus.Pending))
        {
            promised += Math.Max(0, BytesToReserve(upload.Bytes) - upload.ReceivedBytes);
        }

        long free = _root.FreeBytes() - promised;
        if (bytes > free)
        {
            throw new ApiException(
                507,
                "server_error",
                "insufficient_storage",
                $"There is no room for {bytes} bytes: {Math.Max(0, free)} are free beside the reserve and what other uploads were promised.",
                details: new { needed_bytes = bytes, free_bytes = Math.Max(0, free) });
        }
    }

    // The parts, and the file that is put together from them while they still lie there (U-4).
    private static long BytesToReserve(long bytes) => 2 * bytes;

    private void End(UploadRecord upload) => _records.Apply(
        [_uploads.Put(upload.Id, upload with { TouchedAt = Now() }), .. _parts.List(upload.Id).Select(part => _parts.Delete(part.Id))]);

    /// <summary>Under the lock.</summary>
    /// <exception cref="ApiException">404; 409 <c>invalid_state</c>.</exception>
    private UploadRecord RequirePending(string id)
    {
        UploadRecord upload = Get(id);
        if (upload.Status == UploadStatus.Pending && !_completing.ContainsKey(id))
        {
            return upload;
        }

        string state = upload.Status == UploadStatus.Pending ? "being completed" : upload.Status;
        throw new ApiException(409, "conflict_error", "invalid_state", $"The upload '{id}' is {state}.", "upload_id");
    }

    private string FolderOf(string uploadId) => Path.Combine(_root.Uploads, uploadId);

    private string PathOf(PartRecord part) => Path.Combine(FolderOf(part.UploadId), part.Id);

    private void DeleteFolder(string uploadId)
    {
        string folder = FolderOf(uploadId);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void RemoveLeftOvers()
    {
        foreach (string folder in Directory.EnumerateDirectories(_root.Uploads))
        {
            string id = Path.GetFileName(folder);
            if (_uploads.Find(id) is not { Status: UploadStatus.Pending })
            {
                Directory.Delete(folder, recursive: true);
                continue;
            }

            HashSet<string> parts = [.. _parts.List(id).Select(part => part.Id)];
            foreach (string path in Directory.EnumerateFiles(folder).Where(path => !parts.Contains(Path.GetFileName(path))))
            {
                File.Delete(path);
            }
        }
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeSeconds();
}
