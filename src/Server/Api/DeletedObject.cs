namespace Sparrow.Server.Api;

/// <summary>What is left of something that was deleted.</summary>
internal sealed record DeletedObject(string Id, string Object, bool Deleted = true);
