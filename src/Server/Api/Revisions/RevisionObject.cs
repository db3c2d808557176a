using System.Text.Json.Nodes;
using Sparrow.Server.Api.Models;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Api.Revisions;

/// <summary>A stored revision as callers see it.</summary>
internal sealed record RevisionObject(
    string Id,
    string Object,
    string Model,
    long CreatedAt,
    string? JobId,
    string? Parent,
    bool Active,
    bool InMemory,
    string Digest,
    long Bytes,
    int MaxModelLen,
    string Family,
    WeightDetails Weights,
    QualityDetails Quality,
    string? KvProfile,
    IReadOnlyDictionary<string, string> Files,
    JsonNode? Report)
{
    /// <param name="revision">The revision.</param>
    /// <param name="isActive">Whether its model stands for it.</param>
    /// <param name="isInMemory">Whether it is loaded.</param>
    /// <param name="report">What its compression measured; null: not asked for, or there was none.</param>
    public static RevisionObject Of(RevisionRecord revision, bool isActive, bool isInMemory, JsonNode? report = null) => new(
        revision.Id,
        "revision",
        revision.Model,
        revision.CreatedAt,
        revision.JobId,
        revision.Parent,
        isActive,
        isInMemory,
        revision.Digest,
        revision.Bytes,
        revision.ContextLength,
        revision.Family,
        WeightDetails.Of(revision),
        new QualityDetails(revision.Quality?.Perplexity, revision.Quality?.Baseline, revision.Quality?.Dataset),
        revision.KvProfile,
        revision.Files,
        report);
}
