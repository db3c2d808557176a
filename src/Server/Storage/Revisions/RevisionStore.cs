using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Storage.Revisions;

/// <summary>
/// The stored revisions of all models. A revision exists from the moment its folder has its name: the record travels inside the folder, and the
/// database's copy is made good at start where a crash came between the two.
/// </summary>
internal sealed class RevisionStore
{
    private const string Kind = "revision";
    private const string RecordFile = "revision.json";
    private const string DeletedSuffix = ".deleted";

    private readonly Lock _lock = new();
    private readonly StorageRoot _root;
    private readonly IRecordStore _records;
    private readonly RecordSet<RevisionRecord> _revisions;
    private readonly TimeProvider _time;

    public RevisionStore(StorageRoot root, IRecordStore records, TimeProvider time)
    {
        _root = root;
        _records = records;
        _revisions = new RecordSet<RevisionRecord>(records, Kind, StorageJsonContext.Default.RevisionRecord);
        _time = time;
        Recover();
    }

    /// <summary>A name for a revision that is still to be made.</summary>
    public static string NewId() => ApiId.New("rev_");

    /// <summary>A path for a folder that is to become a revision, on the right disk. What lies there at the next start is removed.</summary>
    public string NewStagingFolder() => Path.Combine(_root.Revisions, ApiId.New("") + DeletedSuffix);

    /// <summary>Revisions, oldest first.</summary>
    /// <param name="model">Only this model's; null: all.</param>
    public IReadOnlyList<RevisionRecord> List(string? model = null) => _revisions.List(model);

    public RevisionRecord? Find(string id) => _revisions.Find(id);

    /// <exception cref="ApiException">404.</exception>
    public RevisionRecord Get(string id) =>
        Find(id) ?? throw new ApiException(404, "invalid_request_error", "not_found", $"There is no revision '{id}'.", "revision");

    /// <summary>The folder of a revision's files.</summary>
    public string FolderOf(string id) => Path.Combine(_root.Revisions, id);

    /// <summary>What <c>Checkpoint.Open</c> takes.</summary>
    public string PathOf(RevisionRecord revision) => Path.Combine(FolderOf(revision.Id), revision.Checkpoint);

    /// <summary>
    /// Makes a folder a revision: digests and headers are read, all of it is put on the disk, and one rename gives it its name. Afterwards it survives
    /// a crash of the process and of the machine. The same id again gives the revision that is there.
    /// </summary>
    /// <exception cref="CheckpointException">The folder holds no checkpoint that can be used.</exception>
    /// <exception cref="IOException">The disk is full or fails; the folder is left where it was.</exception>
    public RevisionRecord Publish(NewRevision asked)
    {
        string id = asked.Id ?? NewId();
        if (Find(id) is { } known)
        {
            return known;
        }

        (IReadOnlyDictionary<string, string> files, long bytes) = RevisionFiles.Flush(asked.Folder, RecordFile);
        RevisionRecord revision = RevisionFacts.Read(asked, id, files, bytes, _time.GetUtcNow().ToUnixTimeSeconds());
        RevisionFiles.Write(Path.Combine(asked.Folder, RecordFile), JsonSerializer.SerializeToUtf8Bytes(revision, StorageJsonContext.Default.RevisionRecord));
        DurableFile.FlushFolder(asked.Folder);
        lock (_lock)
        {
            Directory.Move(asked.Folder, FolderOf(id));
            DurableFile.FlushFolder(_root.Revisions);
            try
            {
                _records.Apply(_revisions.Put(id, revision, revision.Model));
            }
            catch
            {
                Directory.Move(FolderOf(id), asked.Folder);
                throw;
            }
        }

        return revision;
    }

    /// <summary>Reads all files again and holds them to their digests.</summary>
    /// <exception cref="CheckpointException">One is damaged, missing, or was not there before.</exception>
    public void Verify(RevisionRecord revision, CancellationToken cancellation) =>
        RevisionFiles.Verify(FolderOf(revision.Id), revision.Files, RecordFile, cancellation);

    /// <summary>Deletes a revision that nobody uses; whether somebody does is the caller's to know.</summary>
    /// <exception cref="ApiException">404.</exception>
    public void Delete(string id)
    {
        lock (_lock)
        {
            Get(id);
            string folder = FolderOf(id);
            string gone = folder + DeletedSuffix;

            // The folder goes first: a record without a folder is dropped at the next start, a folder without a record would come back.
            if (Directory.Exists(folder))
            {
                Directory.Move(folder, gone);
                DurableFile.FlushFolder(_root.Revisions);
            }

            _records.Apply(_revisions.Delete(id));
            if (Directory.Exists(gone))
            {
                Directory.Delete(gone, recursive: true);
            }
        }
    }

    private void Recover()
    {
        foreach (string folder in Directory.EnumerateDirectories(_root.Revisions))
        {
            if (folder.EndsWith(DeletedSuffix, StringComparison.Ordinal))
            {
                Directory.Delete(folder, recursive: true);
            }
            else if (_revisions.Find(Path.GetFileName(folder)) is null && Path.Combine(folder, RecordFile) is var record && File.Exists(record))
            {
                RevisionRecord revision = JsonSerializer.Deserialize(File.ReadAllBytes(record), StorageJsonContext.Default.RevisionRecord)!;
                _records.Apply(_revisions.Put(revision.Id, revision, revision.Model));
            }
        }

        foreach (RevisionRecord revision in _revisions.List().Where(revision => !Directory.Exists(FolderOf(revision.Id))))
        {
            _records.Apply(_revisions.Delete(revision.Id));
        }
    }
}
