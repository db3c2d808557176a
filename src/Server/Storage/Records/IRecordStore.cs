namespace Sparrow.Server.Storage.Records;

/// <summary>
/// The server's memory over restarts: small documents by kind and id. All of it is this narrow, so that a database shared by several servers
/// can stand behind it.
/// </summary>
internal interface IRecordStore : IDisposable
{
    /// <summary>The body of a record, or null.</summary>
    byte[]? Find(string kind, string id);

    /// <summary>Records of a kind, oldest first.</summary>
    /// <param name="kind">Kind.</param>
    /// <param name="parent">Only those of this parent; null: all.</param>
    IReadOnlyList<StoredRecord> List(string kind, string? parent = null);

    /// <summary>Makes all changes or none. They survive a crash of the process and of the machine once this has returned.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    void Apply(params ReadOnlySpan<RecordChange> changes);
}
