namespace Sparrow.Server.Storage;

/// <summary>There is no room for what should be stored; answered with 507.</summary>
internal sealed class StorageFullException(string message, Exception? inner = null) : IOException(message, inner);
