using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Server.Hosting;

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

    private static JsonHttpResult<ModelList> List(ModelPool pool)
    {
        ModelObject[] models = [.. pool.Models.Select(ModelObject.Of)];
        return TypedResults.Json(
            new ModelList(models, models.FirstOrDefault()?.Id, models.LastOrDefault()?.Id), ApiJsonContext.Default.ModelList);
    }

    private static JsonHttpResult<ModelObject> Get(HttpContext context, ModelPool pool, string id)
    {
        ServedModel served = pool.Resolve(Uri.UnescapeDataString(id));
        ResponseHeaders.SetModel(context, served);
        return TypedResults.Json(ModelObject.Of(served), ApiJsonContext.Default.ModelObject);
    }
}
