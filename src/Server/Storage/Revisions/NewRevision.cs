namespace Sparrow.Server.Storage.Revisions;

/// <summary>What is to become a revision.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Folder">A folder on the storage root's disk that holds a checkpoint and nothing else. It is gone once it is published.</param>
internal sealed record NewRevision(string Model, string Folder)
{
    /// <summary>An id chosen beforehand, so that publishing again after a crash gives the same revision; null: a new one.</summary>
    public string? Id { get; init; }

    public string? JobId { get; init; }

    public string? Parent { get; init; }

    /// <summary>Null: what the artifact's own <c>sparrow.json</c> says, if it has one.</summary>
    public RevisionQuality? Quality { get; init; }
}
