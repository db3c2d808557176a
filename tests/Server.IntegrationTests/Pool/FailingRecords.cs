using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.IntegrationTests.Pool;

/// <summary>The real records on a disk that is full when told to be.</summary>
internal sealed class FailingRecords(StorageRoot root) : IRecordStore
{
    private readonly SqliteRecordStore _records = new(root.Database);

    /// <summary>Which changes find no room.</summary>
    public Func<RecordChange, bool> Fails { get; set; } = static _ => false;

    public byte[]? Find(string kind, string id) => _records.Find(kind, id);

    public IReadOnlyList<StoredRecord> List(string kind, string? parent = null) => _records.List(kind, parent);

    public void Apply(params ReadOnlySpan<RecordChange> changes)
    {
        foreach (RecordChange change in changes)
        {
            if (Fails(change))
            {
                throw new StorageFullException("The disk is full.");
            }
        }

        _records.Apply(changes);
    }

    public void Dispose() => _records.Dispose();
}
