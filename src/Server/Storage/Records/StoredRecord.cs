namespace Sparrow.Server.Storage.Records;

/// <summary>A record as it is stored.</summary>
internal sealed record StoredRecord(string Id, byte[] Body);
