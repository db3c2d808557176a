using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Api.Models;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c> (C §7).</summary>
internal static class ModelsEndpoint
{
    private static readonly string[] s_methods = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapModels(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1/models", s_methods, List).WithName("ListModels").WithTags("Models").WithSummary("The models that can be called now.");

        // The name may hold slashes: clients escape them, which the web server leaves alone, but people type them as they are.
        routes.MapMethods("/v1/models/{**id}", s_methods, Get).WithName("GetModel").WithTags("Models").WithSummary("One model.");
        return routes;
    }

    /// <summary>M-1: what can be called now: loaded, or loaded by the call. <c>include=all</c> adds what cannot.</summary>
    private static JsonHttpResult<ModelList> List(HttpContext context, ModelPool pool, RevisionStore revisions)
    {
        bool all = IncludesAll(context);
        ModelObject[] models =
        [
            .. pool.Entries
                .Where(entry => all || entry.Status is not (ModelStatus.Failed or ModelStatus.Importing))
                .SelectMany(entry => entry.Adapters
                    .Where(adapter => all || entry.Active?.FindAdapter(adapter.Name) is not { Failure: not null })
                    .Select(adapter => ModelObject.Of(entry, revisions, adapter.Name))
                    .Prepend(ModelObject.Of(entry, revisions))),
        ];
        return TypedResults.Json(
            new ModelList(models, models.FirstOrDefault()?.Id, models.LastOrDefault()?.Id), ApiJsonContext.Default.ModelList);
    }

    // Looking at a model neither loads it nor counts as its use (P-8).
    private static JsonHttpResult<ModelObject> Get(HttpContext context, ModelPool pool, RevisionStore revisions, string id)
    {
        string name = Uri.UnescapeDataString(id);
        (PoolEntry entry, string? revision, string? adapter) = pool.Find(name);
        if (revision is not null && revision != (entry.Active?.Revision ?? entry.Record.Active))
        {
            throw ApiException.ModelNotFound(name);
        }

        if (entry.Active is { } served)
        {
            ResponseHeaders.SetModel(context, served, adapter);
        }

        return TypedResults.Json(ModelObject.Of(entry, revisions, adapter), ApiJsonContext.Default.ModelObject);
    }

    private static bool IncludesAll(HttpContext context)
    {
        string? include = context.Request.Query["include"];
        if (string.IsNullOrEmpty(include))
        {
            return false;
        }

        if (include != "all")
        {
            throw ApiException.Invalid("invalid_value", "Invalid value for 'include': expected all.", "include");
        }

        return context.Features.Get<Caller>() is { IsAdmin: true }
            ? true
            : throw new ApiException(403, "permission_error", "permission_denied", "Models that cannot be called are shown to admin keys only.", "include");
    }
}
