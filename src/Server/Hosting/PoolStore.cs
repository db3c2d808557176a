using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Hosting;

/// <summary>P-9: the pool's records.</summary>
internal sealed class PoolStore(IRecordStore records)
{
    private readonly RecordSet<PoolRecord> _models = new(records, "pool_model", StorageJsonContext.Default.PoolRecord);

    public IReadOnlyList<PoolRecord> List() => _models.List();

    public PoolRecord? Find(string name) => _models.Find(name);

    /// <summary>The change that remembers a model.</summary>
    public RecordChange Put(PoolRecord record) => _models.Put(record.Name, record);

    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Save(PoolRecord record) => records.Apply(Put(record));

    public void Delete(string name) => records.Apply(_models.Delete(name));

    /// <summary>Writes a model's record together with others.</summary>
    public void Apply(params ReadOnlySpan<RecordChange> changes) => records.Apply(changes);
}
