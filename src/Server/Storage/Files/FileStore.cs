using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage.Formats;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Storage.Files;

/// <summary>Finished files. A file exists when its record does; bytes without a record are left-overs of a crash and go at the next start.</summary>
internal sealed class FileStore
{
    private const string TemporarySuffix = ".tmp";

    private readonly Lock _lock = new();
    private readonly StorageRoot _root;
    private readonly IRecordStore _records;
    private readonly RecordSet<FileRecord> _files;
    private readonly IdempotencyStore _keys;
    private readonly IFileUse[] _users;
    private readonly TimeProvider _time;

    public FileStore(StorageRoot root, IRecordStore records, IdempotencyStore keys, IEnumerable<IFileUse> users, TimeProvider time)
    {
        _root = root;
        _records = records;
        _files = new RecordSet<FileRecord>(records, "file", StorageJsonContext.Default.FileRecord);
        _keys = keys;
        _users = [.. users];
        _time = time;
        foreach (string path in Directory.EnumerateFiles(root.Files))
        {
            if (_files.Find(Path.GetFileName(path)) is null)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>A path for bytes that are on their way to become a file.</summary>
    public string NewTemporaryPath() => Path.Combine(_root.Files, ApiId.New("") + TemporarySuffix);

    public string PathOf(FileRecord file) => Path.Combine(_root.Files, file.Id);

    /// <summary>All files that have not expired, oldest first.</summary>
    public IReadOnlyList<FileRecord> List()
    {
        long now = Now();
        return [.. _files.List().Where(file => !IsExpired(file, now))];
    }

    public FileRecord? Find(string id) => _files.Find(id) is { } file && !IsExpired(file, Now()) ? file : null;

    /// <exception cref="ApiException">404.</exception>
    public FileRecord Get(string id) =>
        Find(id) ?? throw new ApiException(404, "invalid_request_error", "not_found", $"There is no file '{id}'.", "file_id");

    /// <summary>Looks at the bytes and says what file they make; nothing is published yet.</summary>
    /// <exception cref="ApiException">400 <c>unsupported_file_format</c>; the bytes are left where they are.</exception>
    public FileRecord Inspect(StagedFile staged, string filename, string purpose, long? expireSeconds, string owner)
    {
        InspectedFile inspected = FileInspector.Inspect(staged.Path, filename, purpose);
        long now = Now();
        return new FileRecord
        {
            Id = ApiId.New("file-"),
            Filename = filename,
            Purpose = purpose,
            Bytes = staged.Bytes,
            Sha256 = staged.Sha256,
            Format = inspected.Format,
            Summary = inspected.Summary,
            CreatedAt = now,
            ExpiresAt = now + expireSeconds,
            Owner = owner,
        };
    }

    /// <summary>Stores a file that came in one piece.</summary>
    /// <param name="staged">Its bytes; they are gone afterwards, whatever happens.</param>
    /// <param name="filename">Its name.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="expireSeconds">When it goes; null: never.</param>
    /// <param name="owner">Name of the key that sent it.</param>
    /// <param name="key">G-10.</param>
    /// <exception cref="ApiException">400 for a format that is not taken; 409 for a key used otherwise.</exception>
    public FileRecord Add(StagedFile staged, string filename, string purpose, long? expireSeconds, string owner, IdempotencyKey? key)
    {
        try
        {
            FileRecord file = Inspect(staged, filename, purpose, expireSeconds, owner);
            lock (_lock)
            {
                if (key is null)
                {
                    Publish(staged, file);
                    return file;
                }

                if (_keys.Find(key) is { } earlier && Find(earlier) is { } known)
                {
                    return known;
                }

                Publish(staged, file, _keys.Remember(key, file.Id));
                return file;
            }
        }
        finally
        {
            DurableFile.Delete(staged.Path);
        }
    }

    /// <summary>U-4: gives the bytes their final name in one step, then writes the record together with whatever follows from it.</summary>
    public void Publish(StagedFile staged, FileRecord file, params ReadOnlySpan<RecordChange> changes)
    {
        DurableFile.Publish(staged.Path, PathOf(file));
        try
        {
            _records.Apply([_files.Put(file.Id, file), .. changes]);
        }
        catch
        {
            // Without a record nobody could find the bytes, but they would fill the disk. What was staged is given back to its owner.
            File.Move(PathOf(file), staged.Path);
            throw;
        }
    }

    /// <exception cref="ApiException">404; 409 while a job needs it (U-6).</exception>
    public void Delete(string id)
    {
        FileRecord file = Get(id);
        if (UserOf(id) is { } user)
        {
            throw new ApiException(
                409, "conflict_error", "invalid_state", $"The file '{id}' is needed by {user}; it can be deleted once that has ended.", "file_id");
        }

        Remove(file);
    }

    /// <summary>Deletes what has expired.</summary>
    public void RemoveExpired()
    {
        long now = Now();
        foreach (FileRecord file in _files.List().Where(file => IsExpired(file, now) && UserOf(file.Id) is null))
        {
            Remove(file);
        }
    }

    private string? UserOf(string id) => _users.Select(user => user.UserOf(id)).FirstOrDefault(user => user is not null);

    // The record first: a crash in between leaves bytes that the next start removes, and never a record without bytes.
    private void Remove(FileRecord file)
    {
        _records.Apply(_files.Delete(file.Id));
        File.Delete(PathOf(file));
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeSeconds();

    private static bool IsExpired(FileRecord file, long now) => file.ExpiresAt <= now;
}
