using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Compression.Pipeline;
using Sparrow.Server.Admission;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Api.Revisions;

/// <summary><c>/v1/revisions</c>: the stored weights of all models, with what was measured of them.</summary>
internal static class RevisionsEndpoint
{
    private const int DefaultPage = 20;
    private const int MaxPage = 1000;

    private static readonly string[] s_read = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapRevisions(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/revisions").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Models");
        group.MapMethods("", s_read, List).WithName("ListRevisions").WithSummary("Stored revisions, newest first.");
        group.MapMethods("/{id}", s_read, Get).WithName("GetRevision").WithSummary("One revision with its report.");
        group.MapDelete("/{id}", DeleteAsync).WithName("DeleteRevision").WithSummary("Deletes a revision that is not active.");
        return routes;
    }

    private static JsonHttpResult<RevisionList> List(HttpContext context, RevisionStore revisions, ModelPool pool)
    {
        string? model = context.Request.Query["model"];
        ListPage<RevisionRecord> page = ListPage<RevisionRecord>.Of(
            context.Request.Query, revisions.List(string.IsNullOrEmpty(model) ? null : model), revision => revision.Id, DefaultPage, MaxPage);
        return TypedResults.Json(
            new RevisionList([.. page.Items.Select(revision => Show(revision, pool, null))], page.FirstId, page.LastId, page.HasMore), ApiJsonContext.Default.RevisionList);
    }

    private static JsonHttpResult<RevisionObject> Get(string id, RevisionStore revisions, ModelPool pool)
    {
        RevisionRecord revision = revisions.Get(id);
        return TypedResults.Json(Show(revision, pool, ReportOf(revisions, revision)), ApiJsonContext.Default.RevisionObject);
    }

    private static async Task<JsonHttpResult<DeletedObject>> DeleteAsync(string id, ModelImports models)
    {
        await models.DeleteRevisionAsync(id);
        return TypedResults.Json(new DeletedObject(id, "revision"), ApiJsonContext.Default.DeletedObject);
    }

    private static RevisionObject Show(RevisionRecord revision, ModelPool pool, JsonNode? report)
    {
        PoolEntry? entry = pool.Entries.FirstOrDefault(entry => entry.Name == revision.Model);
        return RevisionObject.Of(revision, entry?.Record.Active == revision.Id, entry?.FindInMemory(revision.Id) is not null, report);
    }

    private static JsonNode? ReportOf(RevisionStore revisions, RevisionRecord revision)
    {
        string path = Path.Combine(revisions.FolderOf(revision.Id), ArtifactRecord.FileName);
        try
        {
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException)
        {
            // Damaged since it was published: a swap would say so; the rest of the revision can be shown all the same.
            return null;
        }
    }
}
