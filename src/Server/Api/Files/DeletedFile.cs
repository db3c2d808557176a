namespace Sparrow.Server.Api.Files;

/// <summary>The answer to a deletion.</summary>
internal sealed record DeletedFile(string Id, string Object, bool Deleted);
