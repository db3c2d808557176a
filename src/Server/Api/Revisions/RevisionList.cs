namespace Sparrow.Server.Api.Revisions;

/// <summary>A page of revisions.</summary>
internal sealed record RevisionList(IReadOnlyList<RevisionObject> Data, string? FirstId, string? LastId, bool HasMore, string Object = "list");
