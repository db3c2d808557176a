namespace Sparrow.Server.Storage.Records;

/// <summary>A record to write, or to delete.</summary>
/// <param name="Kind">Kind; ids are unique inside it.</param>
/// <param name="Id">Id.</param>
/// <param name="Parent">What it belongs to, such as the upload of a part; empty for none.</param>
/// <param name="Body">Its content; null deletes it.</param>
internal readonly record struct RecordChange(string Kind, string Id, string Parent, byte[]? Body);
