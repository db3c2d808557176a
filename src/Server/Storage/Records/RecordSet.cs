using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sparrow.Server.Storage.Records;

/// <summary>The records of one kind as objects.</summary>
internal sealed class RecordSet<T>(IRecordStore store, string kind, JsonTypeInfo<T> type)
    where T : class
{
    public T? Find(string id) => store.Find(kind, id) is { } body ? JsonSerializer.Deserialize(body, type) : null;

    /// <summary>All of them, or those of one parent, oldest first.</summary>
    public IReadOnlyList<T> List(string? parent = null) =>
        [.. store.List(kind, parent).Select(record => JsonSerializer.Deserialize(record.Body, type)!)];

    /// <summary>The change that writes a record; others may be applied together with it.</summary>
    public RecordChange Put(string id, T value, string parent = "") => new(kind, id, parent, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>The change that deletes a record.</summary>
    public RecordChange Delete(string id) => new(kind, id, "", null);
}
