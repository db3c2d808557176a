using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Storage;

/// <summary>Remembers for a day what calls with an <c>Idempotency-Key</c> created (G-10). Not safe by itself: its users hold their own lock.</summary>
internal sealed class IdempotencyStore(IRecordStore records, TimeProvider time)
{
    private const string Kind = "idempotency";
    private const long KeptSeconds = 24 * 60 * 60;

    private readonly RecordSet<IdempotencyRecord> _keys = new(records, Kind, StorageJsonContext.Default.IdempotencyRecord);

    /// <summary>Id of what the same call created before, or null.</summary>
    /// <exception cref="ApiException">409: the same key with another body.</exception>
    public string? Find(IdempotencyKey key)
    {
        if (_keys.Find(key.Id) is not { } known || known.CreatedAt + KeptSeconds <= Now())
        {
            return null;
        }

        return known.BodyDigest == key.BodyDigest
            ? known.Result
            : throw new ApiException(
                409, "conflict_error", "idempotency_conflict", "This Idempotency-Key was used with another body in the last 24 hours.");
    }

    /// <summary>The change that remembers a call.</summary>
    public RecordChange Remember(IdempotencyKey key, string result) => _keys.Put(key.Id, new IdempotencyRecord(key.BodyDigest, result, Now()));

    public void RemoveExpired()
    {
        foreach (StoredRecord record in records.List(Kind))
        {
            if (_keys.Find(record.Id) is { } key && key.CreatedAt + KeptSeconds <= Now())
            {
                records.Apply(_keys.Delete(record.Id));
            }
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();
}
